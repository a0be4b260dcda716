"""Cloud SQL's connection names: what is given one, and which proxies lead to one.

A connection name (`project:region:instance`) stands for one server, wherever it is said. A proxy
listens for it in the pod that it shares, or as a service of its own.

Sources: cloud.google.com/sql/docs/postgres/connect-run (INSTANCE_CONNECTION_NAME, the socket below
/cloudsql); GoogleCloudPlatform/cloud-sql-proxy, README of v1 (`-instances=…=tcp:5432`) and of v2
(positional names, `--port`, `?port=`; each further instance listens at the next port).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from posixpath import basename

from poollint.facts.infrastructure import Variable
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.variables import environment, expand

PORT = 5432
_NAME = r"(?:[a-z][\w.-]*:)?[a-z][\w-]*:[a-z]+-[a-z]+\d+:[a-z][\w-]*"
_MADE = r"(?:module\.[\w.-]+\.)?google_sql_database_instance\.[\w.-]+"
_STATED = re.compile(rf"(?:/cloudsql/)?(?P<name>{_NAME}|{_MADE})/?(?:\.s\.PGSQL\.\d+)?")
# What variables are called that hold one; a socket tells by itself whose it is.
_VARIABLE = re.compile(
    r"(?:\w*_)?(?:INSTANCE_CONNECTION_NAME|CONNECTION_NAME|CLOUD_?SQL_\w+|INSTANCE_UNIX_SOCKET"
    r"|(?:DB|SQL|PG|POSTGRES|DATABASE)_(?:INSTANCE\w*|SOCKET\w*|HOST\w*))",
    re.I,
)
_IMAGES = frozenset(("cloud-sql-proxy", "cloudsql-proxy", "cloud_sql_proxy", "gce-proxy"))
# `-instances=NAME=tcp:5432,…` of v1, `NAME?port=5432` of v2.
_INSTANCE = re.compile(
    rf"(?:^|[=,])(?P<name>{_NAME}|{_MADE})"
    r"(?:=tcp:(?:[\d.]+:)?(?P<first>\d{2,5})|\?(?:[^\s,]{0,200}&)?port=(?P<second>\d{2,5}))?(?=$|[,?&=])"
)
_PORT = re.compile(r"--?port(?:=(?P<port>\d{2,5}))?")


def is_name(host: str) -> bool:
    """Tell whether a host is such a name, and no host."""
    return re.fullmatch(_NAME, host) is not None


def listed(text: str) -> tuple[str, ...]:
    """Return the instances that a platform is told to connect a service with (`a:b:c=tcp:5432,…`).

    Source: cloud.google.com/appengine/docs/flexible/reference/app-yaml (`cloud_sql_instances`);
    cloud.google.com/run/docs/reference/rest/v1 (the annotation `cloudsql-instances`).
    """
    return tuple(found["name"] for found in _INSTANCE.finditer("".join(text.split())))


def fits(host: str, pattern: str) -> bool:
    """Tell whether a connection name is that of a server, of which parts may be unknown (`*`)."""
    return ":" in host and ":" in pattern and fnmatchcase(host, pattern)


def instance(variables: Iterable[Variable]) -> tuple[str, str] | None:
    """Return the one instance that variables name, behind the variable's name."""
    found: dict[str, str] = {}
    for variable in variables:
        value = (variable.value.value or "").strip()
        match = _STATED.fullmatch(value)
        if match and (value.startswith("/cloudsql/") or _VARIABLE.fullmatch(variable.name)):
            found.setdefault(match["name"], variable.name)
    if len(found) != 1:
        return None
    ((name, variable_name),) = found.items()
    return variable_name, name


def proxied(placed: Placed) -> Iterator[tuple[int, str]]:
    """Yield the instances that proxies among the containers lead to, each behind its port.

    One that is told elsewhere is "", at port 0: any may be its.
    """
    for unit in (*placed.units, *placed.before):
        if _is_proxy(unit):
            found = tuple(_instances(unit))
            yield from found or ((0, ""),)


def _is_proxy(unit: Unit) -> bool:
    if reference(unit.container.image.lower())[1] in _IMAGES:
        return True
    words = (word for part in unit.argv or () for word in part.text.split())
    return any(basename(word) in _IMAGES for word in words)


def _instances(unit: Unit) -> Iterator[tuple[int, str]]:
    """Yield what one proxy is told to lead to: where no port is stated, one after the other."""
    variables = environment(unit.container.variables)
    texts = (expand(Part(p.text, p.span), variables).value or p.text for p in unit.argv or ())
    words = [word for text in texts for word in text.split()]
    following = PORT
    for index, word in enumerate(words):
        port = _PORT.fullmatch(word)
        if port:
            behind = words[index + 1] if index + 1 < len(words) else ""
            stated = port["port"] or (behind if behind.isdecimal() else "")
            following = int(stated[:5]) if stated else following
    for word in words:
        for found in _INSTANCE.finditer(word):
            own = found["first"] or found["second"]
            yield int(own) if own else following, found["name"]
            following += 0 if own else 1
