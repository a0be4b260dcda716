"""Files of variables of Ansible: those of roles, and those of inventories."""

from __future__ import annotations

import re
from dataclasses import dataclass

from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping

NAME = "ansible"
_PLACE = re.compile(
    r"(?P<home>(?:.*/)?)(?:(?P<kind>group_vars|host_vars)/(?P<of>[^/]+?)(?:\.ya?ml|\.json|/.*)?"
    r"|(?P<role>defaults|vars)/main(?:\.ya?ml|/.*)"
    r"|roles/[^/]+/(?P<other>defaults|vars)/[^/]+\.ya?ml)"
)
WORDS = (b"postgres", b"pgbouncer", b"pg_")
_READ = (".yml", ".yaml", ".json")
_OTHERS = (".j2", ".md", ".txt", ".sh", ".vault", ".example", ".sample")

# Which of several values counts (docs.ansible.com, "Understanding variable precedence").
DEFAULTS, ALL, GROUP, HOST, PLAY, ROLE, PARAMETER = range(7)


@dataclass(frozen=True, slots=True)
class VariablesFile:
    """Variables that a role, an inventory or a playbook gives.

    home   the folder of the inventory, of the role, or of the playbook
    level  one of `DEFAULTS`, `ALL`, `GROUP`, `HOST`, `PLAY`, `ROLE` and `PARAMETER`; the higher
           one counts
    of     the group, or the host; the role that a playbook gives a parameter
    """

    home: str
    level: int
    of: str
    root: Mapping

    @property
    def of_role(self) -> bool:
        """Tell whether a role gives them, and no inventory."""
        return self.level in (DEFAULTS, ROLE)

    @property
    def of_play(self) -> bool:
        """Tell whether a playbook gives them, to whichever hosts it is run for."""
        return self.level in (PLAY, PARAMETER)


def _claims(path: str) -> bool:
    match = _PLACE.fullmatch(path)
    return match is not None and (path.endswith(_READ) or not path.endswith(_OTHERS))


def _screen(data: bytes, options: Options) -> bool:
    return any(word in data for word in WORDS) and not data.startswith(b"$ANSIBLE_VAULT")


def _read(source: SourceFile, options: Options) -> FileReading:
    match = _PLACE.fullmatch(source.path)
    stream = yaml.read(source)
    roots = [document for document in stream.documents if isinstance(document, Mapping)]
    if match is None or not roots or roots[0].get("apiVersion"):
        return FileReading(source.path, NAME)
    role = match["role"] or match["other"]
    if role:
        level = DEFAULTS if role == "defaults" else ROLE
    elif match["kind"] == "host_vars":
        level = HOST
    else:
        level = ALL if match["of"] == "all" else GROUP
    found = VariablesFile(match["home"].rstrip("/"), level, match["of"] or "", roots[0])
    return FileReading(source.path, NAME, documents=(found,))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
