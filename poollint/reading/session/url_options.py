"""Options in database URLs that the driver does not know, where a variable holds the URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from poollint.catalog.session import sessions
from poollint.facts.code import Effect, Module, Statement
from poollint.facts.infrastructure import Variable
from poollint.facts.topology import Topology
from poollint.model.figure import Basis, Word
from poollint.reading.naming.values.dsn import options as options_of
from poollint.reading.reader import Options
from poollint.reading.session.assigned import Assignments
from poollint.reading.session.reaching import clients

_DIALECT = re.compile(r"postgres(?:ql)?\+(\w+)", re.I)
# What takes a URL apart, and may leave options out of it.
_TAKES_APART = re.compile(
    r"url(?:un)?(?:split|parse)\b|make_url|parse_(?:qs|dsn|url)|conninfo|\.query\b|_query\b|re\.sub"
    r"|\.r?(?:split|partition)\(\s*[\"'][?&]|\bfurl\b|\byarl\b|dj_database_url"
)
_TESTS = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|conftest)\.py$")


def attach(
    modules: tuple[Module, ...],
    topologies: tuple[Topology, ...],
    options: Options,
    assignments: Assignments,
) -> tuple[Module, ...]:
    """Return the modules, of each variable's URL only those options that it has.

    Nothing is said where code of the project may take the options out.
    """
    found = _Found(topologies, options, assignments)
    return tuple(
        replace(module, statements=tuple(_told(module, found)))
        if any(_asks(statement) for statement in module.statements)
        else module
        for module in modules
    )


def _asks(statement: Statement) -> bool:
    return statement.effect is Effect.URL_OPTION and bool(statement.variable)


def _told(module: Module, found: _Found) -> Iterator[Statement]:
    for statement in module.statements:
        if _asks(statement):
            yield from found.of(statement, module.path)
        else:
            yield statement


class _Found:
    def __init__(
        self, topologies: tuple[Topology, ...], options: Options, assignments: Assignments
    ) -> None:
        self._topologies = topologies
        self._options = options
        self._assignments = assignments
        self._edits: dict[tuple[str, ...], bool] = {}

    def of(self, statement: Statement, path: str) -> Iterator[Statement]:
        """Yield what the URLs ask for that a variable holds, each at the place of the URL."""
        asked = statement.subject.split(",")
        for variable in self._values(statement.variable, path):
            value = variable.value.value or ""
            names = [name for name in options_of(value) if name.lower() in asked]
            if names and _is_of(statement, value) and not self._edited(statement, names, path):
                at = Word("", Basis.STATED, variable.value.origin)
                yield replace(statement, subject=",".join(names), url=at)

    def _values(self, name: str, path: str) -> Iterator[Variable]:
        for client in (c for topology in self._topologies for c in clients(topology)):
            build = client.container.build.removeprefix("./").rstrip("/")
            variable = client.container.variable(name)
            if variable and (build in ("", ".") or path.startswith(f"{build}/")):
                yield variable
        for given in self._assignments.of(path):
            variable = given.variable(name)
            if variable:
                yield variable

    def _edited(self, statement: Statement, names: list[str], path: str) -> bool:
        """Tell whether a file that has to do with a variable may take options out of a URL."""
        files = self._options.exports().files if self._options.exports else None
        if files is None:
            return False
        named = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")

        def takes(text: str) -> bool:
            return bool(_TAKES_APART.search(text) or named.search(text))

        if not _TESTS.search(path) and takes(files.data(path).decode("utf-8", "replace")):
            return True
        key = (statement.variable, *names)
        if key not in self._edits:
            words = re.compile(rf"\b{statement.variable}\b", re.I)
            found = files.passing(f"edits {key}", lambda t: bool(words.search(t)) and takes(t))
            self._edits[key] = any(not _TESTS.search(one) for one in found)
        return self._edits[key]


def _is_of(statement: Statement, url: str) -> bool:
    """Tell whether a URL is for the driver of a statement, or names none."""
    stated = _DIALECT.match(url.strip())
    driver = sessions().drivers.get(stated[1].lower()) if stated else None
    return stated is None or (driver is not None and driver.title == statement.text)
