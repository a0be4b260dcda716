"""Servers of a cluster, or of a cloud, that one environment describes, and that others ask for.

A chart is given the name of a Service, and objects in another folder are that Service. Both are
taken to run in one namespace where nothing else answers to that name, and where nothing beside the
server is counted at it: that may be the same application once more, described in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from posixpath import dirname

from poollint.facts.infrastructure import Pooler
from poollint.facts.topology import PoolerBudget, ServerBudget, Topology
from poollint.reading.deployment.kubernetes.scopes import root
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.joining import Join
from poollint.reading.deployment.linking.reach import answers, fits
from poollint.reading.deployment.linking.wording import quoted

_CLUSTER = "kubernetes"

May = Callable[[Environment, Environment], bool]
Make = Callable[[Environment], Join]


@dataclass(frozen=True, slots=True)
class Joined:
    """An environment, and what joining it told; `adopted` as the joining has it."""

    where: Environment
    join: Join
    topology: Topology
    adopted: set[int]

    @classmethod
    def of(cls, where: Environment, make: Make) -> Joined:
        """Join an environment."""
        join = make(where)
        return cls(where, join, *join.topology())

    def wanted(self) -> frozenset[str]:
        """Return the hosts at which nothing of the environment listens."""
        behind = (one.pooler.databases for one in self.topology.poolers if one.server is None)
        led_to = (database.host for databases in behind for database in databases)
        hosts = (*(host for host, _, _ in self.join.counted.outside), *led_to)
        return frozenset(host.lower() for host in hosts if host)

    def is_alone(self) -> bool:
        """Tell whether nothing is counted at its servers but its own poolers."""
        poolers = {one.pooler.span for one in self.topology.poolers}
        clients = [client for one in self.topology.poolers for client in one.clients]
        clients += [client for one in self.topology.servers for client in one.clients]
        return all(client.span in poolers for client in clients)

    def is_asked(self) -> bool:
        """Tell whether something of its own connects to its servers, in whatever number."""
        sums: tuple[PoolerBudget | ServerBudget, ...] = self.topology.servers
        sums += self.topology.poolers
        told = {text for one in self.topology.poolers for text in one.beyond}
        return any(text not in told for one in sums for text in one.missing)

    def answering(self, host: str, asking: Environment) -> tuple[Placed, ...]:
        """Return what must run for someone of another environment who asks for a host."""
        clients = [one for one in asking.placed if one.workload.platform == _CLUSTER]
        found = [
            target
            for target in self.join.serving
            if target.placed
            and target.placed.workload.platform == _CLUSTER
            and any(answers(at, host, one) for at in target.placed.addresses for one in clients)
        ]
        if any(isinstance(target.what, Pooler) for target in found):
            found += self.join.serving  # with what it leads to
        found += [
            target
            for target in self.join.serving
            if target.placed and any(fits(host, at.host) for at in target.placed.addresses)
        ]
        every = {id(target.placed): target.placed for target in found if target.placed}
        return tuple(every.values())


@dataclass(frozen=True, slots=True)
class _Loan:
    """What an environment takes of another, known by their places in the order of all."""

    by: int
    of: int
    host: str
    placed: tuple[Placed, ...]


def joined(every: Sequence[Environment], make: Make, may: May) -> Iterator[Joined]:
    """Yield the environments, joined: those of a cluster with what they ask for of others.

    `may` tells of one, and of another that asks, whether their folders allow it. What another has
    taken an environment has no longer, unless something of its own asks for it too.
    """
    found = [Joined.of(where, make) for where in every]
    loans = [*_loans(found, may)]
    for index, one in enumerate(found):
        where = _with(index, found, loans)
        if where is one.where:
            yield one
        elif where.placed or where.operated:
            yield Joined.of(where, make)


def _loans(joined: Sequence[Joined], may: May) -> Iterator[_Loan]:
    alone = [index for index, one in enumerate(joined) if one.join.serving and one.is_alone()]
    for index, one in enumerate(joined) if alone else ():
        for host in sorted(one.wanted()):
            found = [
                _Loan(index, other, host, placed)
                for other in alone
                if other != index and may(joined[other].where, one.where)
                if (placed := joined[other].answering(host, one.where))
            ]
            yield from _nearest(found, one.where)


def _nearest(found: list[_Loan], asking: Environment) -> list[_Loan]:
    """Return which of several lies in the nearest folder above, or the only one there is."""
    folder = root(placed.workload.span.path for placed in asking.placed)
    above = [loan for loan in found if f"{folder}/".startswith(_folder(loan))]
    most = max((len(_folder(loan)) for loan in above), default=0)
    chosen = [loan for loan in above if len(_folder(loan)) == most] or found
    return chosen if len(chosen) == 1 else []


def _folder(loan: _Loan) -> str:
    folder = dirname(loan.placed[0].workload.span.path)
    return f"{folder}/" if folder else ""


def _with(index: int, joined: Sequence[Joined], loans: list[_Loan]) -> Environment:
    """Return an environment with what it takes from others, and without what those take."""
    where = joined[index].where
    if not joined[index].is_asked():
        gone = {id(placed) for loan in loans if loan.of == index for placed in loan.placed}
        if gone:
            placed = tuple(p for p in where.placed if id(p) not in gone)
            operated = tuple(o for o in where.operated if id(o[0]) not in gone)
            where = replace(where, placed=placed, operated=operated)
    for loan in (loan for loan in loans if loan.by == index):
        them = joined[loan.of].where
        given = {id(p) for p in loan.placed} - {id(p) for p in where.placed}
        given -= {id(p) for p, _ in where.operated}
        where = replace(
            where,
            placed=(*where.placed, *(p for p in them.placed if id(p) in given)),
            operated=(*where.operated, *(o for o in them.operated if id(o[0]) in given)),
            notes=(*where.notes, *_notes(loan, joined, loans)),
        )
    return where


def _notes(loan: _Loan, joined: Sequence[Joined], loans: list[_Loan]) -> Iterator[str]:
    """Yield what is taken for granted, and who else is counted elsewhere."""
    yield f"`{loan.host}` is what {loan.placed[0].workload.span.path} describes"
    others = (one for one in loans if one.by != loan.by and one.of == loan.of)
    also = [joined[one.by].where.scope or "." for one in others if one.host == loan.host]
    if also:
        yield f"what connects to `{loan.host}` in {quoted(also)} is counted there"
