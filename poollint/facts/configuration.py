"""What one file sets of one program, taken together."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.facts.infrastructure import Setting
from poollint.model.figure import Figure
from poollint.model.source import Span

_MAIN = {
    "PgBouncer": "pgbouncer",
    "PgCat": "general",
    "Odyssey": "global",
    "Pgpool-II": "pgpool",
}


@dataclass(frozen=True, slots=True)
class Access:
    """A line of a pg_hba.conf: who may log in from where, and how.

    kind      "local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"
    databases, users  the names as written ("all", "replication", "+admins")
    address   as written with its mask ("0.0.0.0/0", "all", "samenet"), "" for "local"
    method    "trust", "scram-sha-256", …
    options   what follows it ("clientcert=verify-full")
    """

    kind: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str
    method: str
    options: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of a file, for rules that look at more than one of them.

    program   "PgBouncer", "PostgreSQL", "PgCat", "Odyssey" or "Pgpool-II"
    span      where the settings begin: the section `[pgbouncer]`, or the file
    settings  all of them, in the order of the file
    accesses  the lines of a pg_hba.conf, in their order, which is that of their weight
    complete  the file includes no other, so that what it does not set has its default
    version   the version of the program ("1.23.1", "16"), "" where no file tells; `told` is
              what tells it: a place, or in words
    memory    bytes that the container may use that runs it, None where nothing limits them;
              `descriptors` the files it may have open
    """

    program: str
    span: Span
    settings: tuple[Setting, ...]
    accesses: tuple[Access, ...] = ()
    complete: bool = True
    version: str = ""
    told: Span | str = ""
    memory: Figure | None = None
    descriptors: Figure | None = None

    def setting(self, name: str) -> Setting | None:
        """Return the setting of the program itself that counts, None where none is stated."""
        return self.of(_MAIN.get(self.program, ""), "", name)

    def of(self, section: str, owner: str, name: str) -> Setting | None:
        """Return the setting of an entry ("orders" in `[databases]`), None where it has none."""
        for found in reversed(self.settings):
            if (found.section, found.owner, found.name.lower()) != (section, owner, name):
                continue
            if found.winner is None and found.flaw is None:
                return found
        return None

    def owners(self, section: str) -> tuple[str, ...]:
        """Return the entries of a section, in the order of the file."""
        return tuple(dict.fromkeys(s.owner for s in self.settings if s.section == section))
