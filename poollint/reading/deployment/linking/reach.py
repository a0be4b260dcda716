"""Where a container's variables say that its database is, and what runs there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from poollint.facts.infrastructure import Pooler, Server, Variable
from poollint.reading.deployment.linking import cloud_sql
from poollint.reading.deployment.linking.deployed import Address, Placed
from poollint.reading.naming.values import dsn

_HOST = re.compile(
    r"(?:\w*_)?(?P<what>POSTGRES|POSTGRESQL|POSTGRESDB|PGSQL|PG|DB|DATABASE|SQL|RDS|PSQL|TIMESCALE)"
    r"(?:_URL)?_{0,2}(?:HOST|HOSTNAME|SERVER|ADDRESS|ADDR|HOST_NAME)",
    re.I,
)
_URL = re.compile(
    r"(?:\w*_)?(?:POSTGRES|POSTGRESQL|PG|DB|DATABASE|SQLALCHEMY(?:_DATABASE)?|RDS|TIMESCALE)_?"
    r"(?:URL|URI|DSN|CONNECTION_STRING|CONN_STRING|CONN_STR)",
    re.I,
)
# Only PostgreSQL's own words: what others call so may be of any database.
_CREDENTIAL = re.compile(
    r"(?:\w*_)?(?:POSTGRES|POSTGRESQL|PG|PGSQL)_?(?:USER|USERNAME|PASS|PASSWORD)", re.I
)
_USER = re.compile(r"://([^:@/\s]{0,300})(?::\S{0,300})?@")  # without `@` it is the host
MAX_TEXT = 20_000
# `gitlab_rails['db_host'] = 'db'`, `"database_host": "db"`, `--db-host=db`
_WITHIN = re.compile(
    r"(?<!\w)\w{0,40}?(?<![A-Za-z])(?:db|database|postgres|postgresql|pg)[_.-]?host(?:name)?['\"]?\]?"
    r"[ \t]{0,20}(?:=>|[=:])[ \t]{0,20}['\"]?(?P<host>[A-Za-z0-9][\w.-]*)",
    re.I,
)
_MADE = re.compile(r"(?<![\w.-])(?:module\.[\w.-]+?\.)?(?:aws|google|azurerm)_[\w.-]+")
MADE = "module."
"""How the host begins that a module of Terraform gives out which is not in the tree."""
AMAZON = ".rds.amazonaws.com"
"""How the hosts of Amazon's databases end, which every environment may ask for."""
MACHINE = "machine"
"""The platform of what runs without containers."""
POSTGRESQL = 5432
_LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))
_DOCKER = "host.docker.internal"  # what Docker calls its machine within containers
# A conninfo string is nothing but `key=value`; a host may also stand in a text of another sort.
_CONNINFO = re.compile(r"\s*[a-z_]+\s*=(?=.*\bhost)", re.S)
_NOWHERE = re.compile(r"\s*postgres(?:ql)?://(?:[^@/]*@)?/?\s*", re.I)  # for others to fill in
_UNKNOWN = re.compile(r"[${}`%\s()]")
_SET = re.compile(r"\$\(?\{?[A-Za-z_]|\{\{")  # for others to put in: `$(NAME)`, `${NAME}`
# A host by such a name serves something else; its variable has a name that fits a database.
_OTHER = re.compile(
    r"redis|mysql|maria|mongo|rabbit|elastic|kafka|memcache|influx|clickhouse|cockroach|snowflake"
    r"|redshift|bigquery|mssql|oracle|sqlite",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A database's address as a container's variables give it; `port` 0 where they do not.

    `user` only tells one pool of a pooler from another; it is never shown.
    """

    variable: str
    host: str
    port: int
    dbname: str
    user: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A server or a pooler, and where it is reached."""

    what: Server | Pooler
    placed: Placed | None
    port: int


def placed_at(what: Server | Pooler, placed: Placed) -> Target:
    """Return what runs in a workload, with the ports of the machine that lead to it."""
    ports = tuple(outer for outer, inner in placed.published if inner == what.port)
    return Target(replace(what, published=ports), placed, what.port)


def is_other(name: str) -> bool:
    """Tell whether the name of a variable or host says that it is no PostgreSQL's."""
    return _OTHER.search(name) is not None


def is_local(host: str) -> bool:
    """Tell whether a host is the machine itself."""
    return host in _LOCAL


def hidden(variables: Iterable[Variable]) -> bool:
    """Tell whether a container is given a database's address, or password, that is in no file."""
    return any(
        means_database(v.name) or _CREDENTIAL.fullmatch(v.name)
        if v.value.value is None
        else _NOWHERE.fullmatch(v.value.value) or _is_open(v.name, v.value.value)
        for v in variables
    )


def _is_open(name: str, text: str) -> bool:
    """Tell whether an address has a host that another variable gives, which no file sets."""
    if "://" not in text:
        return bool(_HOST.fullmatch(name) and _SET.search(text)) and not _OTHER.search(name)
    if not dsn.scheme(text) or not dsn.is_postgresql(text):
        return False
    behind = text.partition("://")[2].rpartition("@")[2]
    return _SET.search(behind.partition("/")[0].partition("?")[0]) is not None


def means_database(name: str) -> bool:
    """Tell whether a variable of this name holds the address of a database."""
    return bool(_HOST.fullmatch(name) or _URL.fullmatch(name)) and not _OTHER.search(name)


def endpoints(variables: Iterable[Variable]) -> tuple[Endpoint, ...]:
    """Return the addresses that the variables of a container give, each once."""
    known = {variable.name: variable for variable in variables}
    found: dict[tuple[str, int], Endpoint] = {}
    for variable in known.values():
        endpoint = of_variable(variable, known)
        if endpoint and not _OTHER.search(endpoint.host):
            found.setdefault((endpoint.host, endpoint.port), endpoint)
    return tuple(found.values())


def named(placed: Iterable[Placed]) -> frozenset[str]:
    """Return the hosts that the containers of workloads are given."""
    units = (unit for one in placed for unit in one.units)
    return frozenset(e.host for unit in units for e in endpoints(unit.container.variables))


@lru_cache(maxsize=4096)  # containers have the same few names, and are asked again and again
def _stem(name: str) -> str:
    """Return how the names begin of all that is told of a host, "" of what names no host."""
    match = _HOST.fullmatch(name)
    if match is None or _OTHER.search(name):
        return ""
    return name[: match.start("what")] + match["what"]


def of_variable(variable: Variable, known: dict[str, Variable]) -> Endpoint | None:
    """Return the address that one variable gives: a URL, or a host beside its port."""
    value = variable.value.value or ""
    address = dsn.address(value) if "://" in value or _CONNINFO.match(value) else None
    if address:
        if not address.host or _UNKNOWN.search(address.host):
            return None
        user = _USER.search(value)
        return Endpoint(variable.name, address.host, address.port, address.dbname,
                        user[1] if user else "")  # fmt: skip
    stem, host = _stem(variable.name), value.strip().lower()
    if not stem or not host or "://" in host or _UNKNOWN.search(host):
        return None
    host, _, port = host.partition(":")
    stated = port or _text(known, f"{stem}_PORT", f"{stem}PORT", f"{stem}__PORT")
    return Endpoint(
        variable.name,
        host,
        int(stated[:5]) if stated.isdecimal() else 0,
        _text(
            known,
            f"{stem}_DB",
            f"{stem}_NAME",
            f"{stem}_DATABASE",
            f"{stem}DATABASE",
            f"{stem}__NAME",
        ),
        _text(known, f"{stem}_USER", f"{stem}USER", f"{stem}_USERNAME"),
    )


def of_host(variable: Variable) -> Endpoint | None:
    """Return the address of a variable that is known to hold a host, whatever its name."""
    host, _, port = (variable.value.value or "").strip().lower().partition(":")
    if not host or "/" in host or _UNKNOWN.search(host):
        return None
    return Endpoint(variable.name, host, int(port[:5]) if port.isdecimal() else 0, "")


def within(variable: Variable) -> Iterator[str]:
    """Yield what may be hosts of databases in a longer text: a file's lines, a program's settings.

    That is what is set under the name of a database's host, and what Terraform makes.
    """
    text = variable.value.value or ""
    if len(text) > MAX_TEXT:
        return
    for found in _WITHIN.finditer(text):
        if not _OTHER.search(found[0]):
            yield found["host"].lower()
    if "aws_" in text or "google_" in text or "azurerm_" in text:
        yield from (word[0].rstrip(".").lower() for word in _MADE.finditer(text))


def _text(known: dict[str, Variable], *names: str) -> str:
    found = (known[name].value.value for name in names if name in known)
    return next((text.strip() for text in found if text), "")


@dataclass(frozen=True, slots=True)
class Reach:
    """What servers and poolers there are in one environment, by the names that lead to them.

    `adopted` gives a host, at which nothing of the tree listens, to a server or pooler of which
    the tree has only the configuration file; `declared` gives patterns of hosts, and of variables
    ("$DATABASE_URL"), to servers that the settings of poollint describe. `aliases` are names that
    only stand for another host. What is `proxied` listens at a port of the machine of a workload,
    and leads to another host.
    """

    targets: tuple[Target, ...]
    adopted: tuple[tuple[str, Target], ...] = ()
    declared: tuple[tuple[str, Target], ...] = ()
    aliases: tuple[tuple[Address, str], ...] = ()
    proxied: tuple[tuple[Placed, int, str], ...] = ()

    def of(self, host: str, port: int, placed: Placed | None) -> Target | None:
        """Return what listens at `host` and `port` as `placed` sees it, None where nothing does.

        Of several at one host the port decides; without one the answer is unknown.
        """
        if host in _LOCAL or not host:
            near = [(t, port) for t in self.targets if _together(t.placed, placed)]
            outside = self._on_machine(port) if placed and placed.on_machine else []
            behind = self._behind(host, port, placed)
            found = _by_port(near, port) or _by_port(outside, 0)
            return found or (self.of(behind, 0, placed) if behind else None)
        near_by = [
            (target, address.target(port) if port else 0)
            for target in self.targets
            for address in (target.placed.addresses if target.placed else ())
            if answers(address, host, placed)
        ]
        taken = [(target, port) for name, target in self.adopted if name == host]
        if near_by or taken:
            return _by_port(near_by or taken, port)
        if host == _DOCKER:
            return _by_port(self._on_machine(port), 0)
        other = self.meant(host, placed)
        if other != host:
            return replace(self, aliases=()).of(other, port, placed)
        return self._declared(host.lower())

    def _on_machine(self, port: int) -> list[tuple[Target, int]]:
        """Return what containers let listen at a port of their machine."""
        asked = port or POSTGRESQL
        return [
            (target, asked)
            for target in self.targets
            if asked in target.what.published
            or (target.placed and target.placed.on_machine and asked == target.port)
        ]

    def meant(self, host: str, placed: Placed | None) -> str:
        """Return the host that a name stands for, the name itself where it stands for none."""
        behind = self._behind(host, 0, placed)
        if behind is not None:
            return behind
        others = (other for address, other in self.aliases if answers(address, host, placed))
        return next((other for other in others if other != host), host)

    def _behind(self, host: str, port: int, placed: Placed | None) -> str | None:
        """Return what a proxy beside a container leads to from one of its own ports.

        It is "" where no file says, and None where there is no such proxy.
        """
        names = {
            name
            for beside, own, name in self.proxied
            if host in _LOCAL and beside is placed and (not port or own in (0, port))
        }
        return names.pop() if len(names) == 1 else None

    def by_variable(self, names: Iterable[str]) -> Target | None:
        """Return the server that the settings say variables of such names lead to."""
        found = [self._declared(f"${name}") for name in names]
        known = {id(target): target for target in found if target}
        return next(iter(known.values())) if len(known) == 1 else None

    def _declared(self, text: str) -> Target | None:
        fits = (target for pattern, target in self.declared if fnmatchcase(text, pattern))
        return next(fits, None)


def _together(one: Placed | None, other: Placed | None) -> bool:
    """Tell whether two share a machine; so does what is only configured, and has no container."""
    if one is None:
        return other is None or other.workload.platform == MACHINE
    return one is other


def answers(address: Address, host: str, placed: Placed | None) -> bool:
    """Tell whether an address is meant by a host in lower case, as `placed` sees it."""
    if host == address.host.lower() or fits(host, address.host):
        return placed is None or _near(placed.namespace, address.namespace)
    parts = host.split(".")
    names = [(parts[0], parts[1:])] + ([(parts[1], parts[2:])] if len(parts) > 2 else [])
    for name, rest in names:  # `service.namespace.svc`, `pod-0.service.namespace.svc`
        if name != address.host.lower() or not rest:
            continue
        if len(rest) > 1 and rest[1] != "svc":
            continue
        if _near(rest[0], address.namespace):
            return True
    return False


def fits(host: str, pattern: str) -> bool:
    """Tell whether a host is that of a server of which a part is only known where it runs (`*`)."""
    ours = pattern.endswith(AMAZON) and "*" in pattern
    return cloud_sql.fits(host, pattern) or (ours and fnmatchcase(host, pattern))


def _near(one: str, other: str) -> bool:
    return not one or not other or one == other


def _by_port(found: list[tuple[Target, int]], port: int) -> Target | None:
    unique = {id(target): (target, inner) for target, inner in found}
    matching = [target for target, inner in unique.values() if not port or inner == target.port]
    if len(matching) == 1:
        return matching[0]
    if not matching and len(unique) == 1:
        return next(iter(unique.values()))[0]
    return None


def unresolved(found: Iterable[Endpoint], reach: Reach, placed: Placed) -> Iterator[Endpoint]:
    """Yield the addresses at which nothing of the tree listens."""
    for endpoint in found:
        behind = reach.meant(endpoint.host, placed) if endpoint.host in _LOCAL else endpoint.host
        if behind not in _LOCAL and reach.of(endpoint.host, endpoint.port, placed) is None:
            yield endpoint
