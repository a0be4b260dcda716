"""Secrets that operators make, and that so stand in no file: what their keys hold.

Sources: CrunchyData/postgres-operator 0fbac3062 (`internal/controller/postgrescluster/postgres.go`,
`<cluster>-pguser-<user>`; docs, "Connect an application"); cloudnative-pg a95a534db
(`pkg/specs/secrets.go`, `<cluster>-app`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from poollint.model.figure import Basis, Word
from poollint.model.source import Span
from poollint.reading.deployment.linking.documents import Manifest

_CRUNCHY = re.compile(r"(?P<cluster>[a-z0-9][a-z0-9.-]*?)-pguser-(?P<user>[\w.-]+)")
_APP = "-app"
_PORT = "5432"
_HOSTS = {"host": "-primary", "pgbouncer-host": "-pgbouncer"}
_URIS = {"uri": "-primary", "jdbc-uri": "-primary", "pgbouncer-uri": "-pgbouncer",
         "pgbouncer-jdbc-uri": "-pgbouncer"}  # fmt: skip


def value(secret: str, key: str, span: Span, manifests: Iterable[Manifest]) -> Word | None:
    """Return what a key of a secret holds, None where no operator is known to make it.

    Which database a user has is part of the cluster's resource; where that is not in the tree,
    it is left out of the address.
    """
    crunchy = _CRUNCHY.fullmatch(secret)
    if crunchy:
        return _word(_of_crunchy(crunchy["cluster"], crunchy["user"], key), span)
    name = secret.removesuffix(_APP)
    if name != secret and any(m.kind == "Cluster" and m.name == name for m in manifests):
        return _word(_of_cnpg(name, key), span)
    return None


def _word(text: str | None, span: Span) -> Word | None:
    return None if text is None else Word(text, Basis.DERIVED, span)


def _of_crunchy(cluster: str, user: str, key: str) -> str | None:
    if key in _HOSTS:
        return cluster + _HOSTS[key]
    if key in _URIS:
        return f"postgresql://{user}@{cluster}{_URIS[key]}:{_PORT}/"
    return {"port": _PORT, "pgbouncer-port": _PORT, "user": user}.get(key)


def _of_cnpg(cluster: str, key: str) -> str | None:
    host = f"{cluster}-rw"
    if key in ("uri", "fqdn-uri", "jdbc-uri", "fqdn-jdbc-uri"):
        return f"postgresql://{host}:{_PORT}/"
    return {"host": host, "port": _PORT}.get(key)
