"""The servers and poolers that roles of Ansible set up, one inventory an environment.

What a template of a role in the tree writes counts; where there is none, variables that are named
as roles in wide use name them do: `postgresql_max_connections` (ANXS.postgresql f584098,
defaults/main.yml), `postgresql_global_config_options` (geerlingguy.postgresql dbb2f67,
tasks/configure.yml), `postgresql_parameters` and `pgbouncer_default_pool_size` (autobase d10e6755,
roles/common/defaults/main.yml).

A default of a role is what counts where nobody says otherwise. What is given on the command line
may, and those who run the role elsewhere: a pool is assumed to be as large as it says, and a
server's limit is not known. What a playbook says is assumed to hold for every inventory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from poollint.catalog import settings
from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Pooler, PoolerDatabase, Server
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.ansible import expressions, written
from poollint.reading.deployment.ansible.files import DEFAULTS, PARAMETER, PLAY, VariablesFile
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.variables import number
from poollint.reading.settings.templates import TemplateFile
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

_PREFIXES = {"PgBouncer": ("pgbouncer_",), "PostgreSQL": ("postgresql_", "postgres_", "pg_")}
_LISTS = {"PgBouncer": re.compile(r"pgbouncer_\w+"), "PostgreSQL": re.compile(r"postgres\w*")}
_PORT = 5432
_TOLD = {
    DEFAULTS: "default of a role",
    PLAY: "of a playbook",
    PARAMETER: "of a playbook",
}
_ASIDE = frozenset(("molecule", "tests", "test", "examples", "example", "meta"))
_NAMES = ("name", "option", "key", "parameter")


@dataclass(frozen=True, slots=True)
class Inventory:
    """What one inventory sets up: `notes` say what was taken for granted."""

    scope: str
    path: str
    server: Server | None
    pooler: Pooler | None
    notes: tuple[str, ...] = ()


def inventories(documents: Iterable[object], top: str) -> Iterator[Inventory]:
    """Yield what the inventories of the tree at `top` set up; what roles do where it has none."""
    every = [d for d in documents if isinstance(d, VariablesFile | TemplateFile)]
    used = [d for d in every if not _is_aside(below(_path(d), top))]
    files = [d for d in used if isinstance(d, VariablesFile)]
    templates = [d for d in used if isinstance(d, TemplateFile)]
    roles = [f for f in files if f.of_role]
    plays = [f for f in files if f.of_play]
    homes = {f.home for f in files if not (f.of_role or f.of_play)}
    # Variables beside a playbook hold for the inventories in folders below it, too.
    own = [home for home in sorted(homes) if not any(_is_below(h, home) for h in homes)]
    for home in own or ([""] if plays or (roles and templates) else []):
        given = [f for f in files if f.home == home or _is_below(home, f.home)]
        given = [f for f in given if not (f.of_role or f.of_play)]
        found = _Settings(home, (*roles, *given, *plays), templates).inventory()
        if found.server or found.pooler:
            yield found


def _path(document: VariablesFile | TemplateFile) -> str:
    if isinstance(document, VariablesFile):
        return document.root.span.path
    return document.source.path


def _is_aside(path: str) -> bool:
    return any(part in _ASIDE or part in platforms().aside for part in path.split("/")[:-1])


def _is_below(folder: str, other: str) -> bool:
    return folder != other and (not other or folder.startswith(f"{other}/"))


class _Settings:
    """The variables of one inventory, over those of all roles."""

    def __init__(
        self, home: str, files: Iterable[VariablesFile], templates: Iterable[TemplateFile]
    ) -> None:
        self._home = home
        self._files = tuple(files)
        self._values: dict[str, list[tuple[int, Node]]] = {}
        for file in self._files:
            for item in file.root.items:
                self._values.setdefault(item.key.text, []).append((file.level, item.value))
        self._templates = {
            program: sorted(
                (t for t in templates if t.program == program), key=written.is_of_patroni
            )
            for program in _PREFIXES
        }
        self._given: dict[str, dict[str, expressions.Value]] = {
            program: self._stated(program) for program in _PREFIXES
        }

    def inventory(self) -> Inventory:
        server, pooler = self._server(), self._pooler()
        notes = []
        if server and pooler:
            where = pooler.databases[0].span
            notes.append(f"the PgBouncer of {where.path} leads to the server of the same inventory")
        path = next((f.root.span.path for f in self._files if not f.of_role), "")
        return Inventory(self._home, path, server, pooler, tuple(notes))

    # --- What is set ---

    def _stated(self, program: str) -> dict[str, expressions.Value]:
        """Return what is known of each setting: by a template, else by the names in wide use."""
        found: dict[str, expressions.Value] = {}
        for name in self._known(program):
            for prefix in _PREFIXES[program]:
                one = self._lookup(prefix + name)
                if one and name not in found:
                    found[name] = self._settled(one)
        found |= self._listed(program)
        for template in self._templates[program]:
            for name, one in self._written(template):
                found[name] = one
        return found

    @staticmethod
    def _known(program: str) -> Iterable[str]:
        if program == "PgBouncer":
            return settings.pgbouncer().sections["pgbouncer"]
        return ("max_connections", "superuser_reserved_connections", "reserved_connections", "port")

    def _lookup(self, name: str) -> expressions.Value | None:
        """Return the value of a variable that counts most; what groups differ in is not known."""
        given = [(level, node) for level, node in self._values.get(name, ())]
        scalars = [(level, n) for level, n in given if isinstance(n, Scalar) and not n.is_null]
        if not scalars:
            return None
        top = max(level for level, _ in scalars)
        most = [node for level, node in scalars if level == top]
        if len({node.text for node in most}) > 1:
            return expressions.Value(None, most[0].span, name, top)
        return expressions.Value(most[0].text, most[0].span, name, top)

    def _settled(self, found: expressions.Value) -> expressions.Value:
        inner = (
            expressions.value(found.text or "", found.span, self._lookup) if found.text else found
        )
        return replace(inner, name=found.name, level=max(found.level, inner.level))

    def _listed(self, program: str) -> dict[str, expressions.Value]:
        """Return the settings that stand together in one variable, a list or a mapping."""
        found: dict[str, expressions.Value] = {}
        wanted = set(self._known(program))
        variables = (n for n in self._values if _LISTS[program].fullmatch(n))
        for variable in variables:
            nodes = self._values[variable]
            top = max(level for level, _ in nodes)
            for node in (n for level, n in nodes if level == top):
                for name, scalar in _pairs(node):
                    if name in wanted:
                        one = expressions.Value(scalar.text, scalar.span, variable, top)
                        found[name] = self._settled(one)
        return found

    def _written(self, template: TemplateFile) -> Iterator[tuple[str, expressions.Value]]:
        """Yield the settings that a template writes whatever happens, as far as they are known."""
        wanted = set(self._known(template.program))
        for name, text, span in written.lines(template):
            if name in wanted:
                found = expressions.value(text.strip().strip("'\""), span, self._lookup)
                yield name, found

    # --- What it comes to ---

    def _figure(self, program: str, name: str, default: Figure) -> Figure:
        found = self._given[program].get(name)
        if found is None:
            whole = bool(self._templates[program])
            return default if whole else replace(default, basis=Basis.UNKNOWN)
        basis = self._basis(program, found)
        hint = found.name
        if found.level in _TOLD:
            hint = f"{found.name}, {_TOLD[found.level]}"
        figure = number(Word(found.text, basis, found.span), name, hint)
        if figure is None or figure.low < 0:
            low = default.low
            return Figure(low, default.high, name, Basis.UNKNOWN, found.span, found.name)
        if name == "default_pool_size" and figure.low == 0:
            return replace(figure, high=None)
        return figure

    @staticmethod
    def _basis(program: str, found: expressions.Value) -> Basis:
        """Return how sure a value is: whoever runs a role may say others than its defaults."""
        if found.level == DEFAULTS:
            return Basis.ASSUMED if program == "PgBouncer" else Basis.UNKNOWN
        if found.level in _TOLD:
            return Basis.ASSUMED
        return Basis.DERIVED if found.derived else Basis.STATED

    def _place(self, program: str) -> Span | None:
        given = self._given[program]
        first = ("max_connections", "default_pool_size", "max_client_conn")
        spans = [given[name].span for name in first if name in given]
        return spans[0] if spans else None

    def _server(self) -> Server | None:
        place = self._place("PostgreSQL")
        if place is None or "max_connections" not in self._given["PostgreSQL"]:
            return None

        def figure(name: str) -> Figure:
            known = settings.postgresql()
            parameter = known.parameters[name]
            source = f"PostgreSQL default, {parameter.since or known.versions[0]} on"
            default = Figure.defaulted(int(parameter.default), name, source)
            found = self._figure("PostgreSQL", name, default)
            stated = name in self._given["PostgreSQL"]
            return found if stated or name == "max_connections" else default

        return Server(
            name="postgresql",
            span=place,
            hosts=("postgresql",),
            port=self._port("PostgreSQL", "port", _PORT),
            max_connections=figure("max_connections"),
            superuser_reserved=figure("superuser_reserved_connections"),
            reserved=figure("reserved_connections"),
        )

    def _pooler(self) -> Pooler | None:
        place = self._place("PgBouncer")
        if place is None:
            return None
        known = settings.pgbouncer()

        def figure(name: str) -> Figure:
            parameter = known.sections["pgbouncer"][name]
            source = f"PgBouncer default, {parameter.since} to {known.newest}"
            default = Figure.defaulted(int(parameter.default), name, source)
            return self._figure("PgBouncer", name, default)

        mode = self._given["PgBouncer"].get("pool_mode")
        return Pooler(
            name="pgbouncer",
            product="PgBouncer",
            span=place,
            hosts=("pgbouncer",),
            port=self._port("PgBouncer", "listen_port", 6432),
            mode=Word(mode.text if mode else None, Basis.STATED, mode.span if mode else place),
            instances=self._processes(),
            max_client_conn=figure("max_client_conn"),
            default_pool_size=figure("default_pool_size"),
            reserve_pool_size=figure("reserve_pool_size"),
            max_db_connections=figure("max_db_connections"),
            max_user_connections=figure("max_user_connections"),
            databases=(PoolerDatabase("*", place, "postgresql", 0, ""),),
            tracked=known.tracked,
        )

    def _processes(self) -> Figure:
        """Return the processes on one host: how many hosts an inventory has is not asked."""
        found = self._lookup("pgbouncer_processes")
        word = Word(found.text, self._basis("PgBouncer", found), found.span) if found else None
        stated = number(word, "instances", "pgbouncer_processes") if word else None
        if stated and stated.low > 0:
            return stated
        return Figure(1, 1, "instances", Basis.ASSUMED, "one process on one host")

    def _port(self, program: str, name: str, default: int) -> int:
        found = self._given[program].get(name)
        text = found.text if found and found.text else ""
        return int(text[:5]) if text.isdecimal() else default


def _pairs(node: Node) -> Iterator[tuple[str, Scalar]]:
    """Yield names and values of a mapping, or of a list of pairs (`option` and `value`)."""
    if isinstance(node, Mapping):
        for item in node.items:
            if isinstance(item.value, Scalar):
                yield item.key.text, item.value
    elif isinstance(node, Sequence):
        for one in node.items:
            if not isinstance(one, Mapping):
                continue
            name = next((one.text(key) for key in _NAMES if one.text(key)), "")
            held = one.get("value")
            if name and isinstance(held, Scalar):
                yield name, held
            elif len(one.items) == 1:
                yield from _pairs(one)
