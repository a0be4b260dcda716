"""Everything that was read, linked: what rules are given, one fact at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from poollint.facts.code import Function, Module, Pool, Statement
from poollint.facts.configuration import Configuration
from poollint.facts.forking import Inherited
from poollint.facts.infrastructure import Setting
from poollint.facts.topology import Topology
from poollint.model.source import Span, Unreadable

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Project:
    """The facts of all files, linked with each other.

    inherited  the server sessions that are open when a process forks
    followed   the places where a file of settings includes another that was read with it
    refused    the places of those that the program refuses: they include themselves
    uncounted  in words, what may open connections and is part of no server's sum; None where
               nothing that runs is described
    apart      environments without a server or a pooler, of which only `outside` is known
    """

    modules: tuple[Module, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    topologies: tuple[Topology, ...] = ()
    inherited: tuple[Inherited, ...] = ()
    followed: tuple[Span, ...] = ()
    refused: tuple[Unreadable, ...] = ()
    uncounted: tuple[str, ...] | None = None
    apart: tuple[Topology, ...] = ()

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Return every setting of every configuration."""
        every = (s for configuration in self.configurations for s in configuration.settings)
        # A file that several others include is read with each of them.
        unique = {(s.program, s.span, s.value_span, s.name, s.flaw): s for s in every}
        return tuple(unique.values())

    def pairs(self) -> Iterator[tuple[Configuration, Configuration]]:
        """Yield each pooler's configuration with that of the server it leads to, once."""
        by_path = {found.span.path: found for found in self.configurations if found.settings}
        seen = set()
        for budget in (b for topology in self.topologies for b in topology.poolers):
            pooler = by_path.get(budget.pooler.span.path)
            paths = budget.server.paths if budget.server else ()
            server = next((by_path[path] for path in paths if path in by_path), None)
            if pooler and server and (pooler.span, server.span) not in seen:
                seen.add((pooler.span, server.span))
                yield pooler, server

    def of(self, subject: type[S]) -> Iterator[tuple[str, S]]:
        """Yield every fact of type `subject`, each with the path of the file it is about.

        The path is "" for a fact that belongs to no single file.
        """
        for path, fact in self._all(subject):
            if isinstance(fact, subject):
                yield path, fact

    def _all(self, subject: type) -> Iterator[tuple[str, object]]:
        if subject is Project:
            yield "", self
        elif subject is Topology:
            yield from (("", topology) for topology in (*self.topologies, *self.apart))
        elif subject is Configuration:
            yield from ((found.span.path, found) for found in self.configurations)
        elif subject is Setting:
            yield from ((setting.span.path, setting) for setting in self.settings)
        else:
            for module in self.modules:
                yield from ((module.path, fact) for fact in _of_module(module, subject))


def _of_module(module: Module, subject: type) -> tuple[object, ...]:
    if subject is Module:
        return (module,)
    if subject is Function:
        return module.functions
    if subject is Pool:
        return module.pools
    return module.statements if subject is Statement else ()


SUBJECTS: tuple[type, ...] = (
    Project, Topology, Configuration, Setting, Module, Function, Pool, Statement,
)  # fmt: skip
