"""Who can open how many connections where: workloads, poolers, servers, and their edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from poollint.facts.infrastructure import Pooler, Server, Workload
from poollint.model.figure import Entry, Figure, Ledger
from poollint.model.report import Scenario
from poollint.model.source import Span


@dataclass(frozen=True, slots=True)
class Client:
    """Something that opens connections: a workload's container, or a pooler's pool.

    steady    the factors whose product it may open in the steady state
    rollout   the same while a new version is rolled out; `steady` where it has no surge
    calm      the same with no more instances than its autoscaler keeps; `()` where none scales it
    ending    the same while all instances of the old version still end; `()` where none overlap
    workload  what it runs in, None for a pooler's pool
    behind    what the pooler of a pool runs in, None where that is no workload
    assumed   no file says that it connects there, or what its image is: it was taken for granted
    """

    name: str
    span: Span
    steady: tuple[Figure, ...]
    rollout: tuple[Figure, ...]
    calm: tuple[Figure, ...] = ()
    ending: tuple[Figure, ...] = ()
    workload: Workload | None = None
    behind: Workload | None = None
    assumed: bool = False

    @property
    def entry(self) -> Entry:
        """Return the steady demand as a line of a ledger."""
        return Entry(self.name, self.steady)

    @property
    def rollout_entry(self) -> Entry:
        """Return the demand during a rollout as a line of a ledger."""
        return Entry(self.name, self.rollout)

    @property
    def ending_entry(self) -> Entry:
        """Return the demand while the old version still ends as a line of a ledger."""
        return Entry(self.name, self.ending or self.rollout)

    @property
    def calm_entry(self) -> Entry:
        """Return the demand before an autoscaler starts more as a line of a ledger."""
        return Entry(self.name, self.calm or self.steady)


@dataclass(frozen=True, slots=True)
class ServerBudget:
    """A server, all that is known to connect to it, and what is not known.

    `missing` says in words which clients could not be counted, so that a sum that fits is
    not taken for more than it is. `alike` names other environments that come to the same.
    """

    server: Server
    clients: tuple[Client, ...]
    missing: tuple[str, ...] = ()
    alike: tuple[str, ...] = field(default=(), compare=False)

    @property
    def supply(self) -> tuple[Entry, ...]:
        """Return the slots of ordinary roles, as lines of a ledger."""
        server = self.server
        kept = (server.superuser_reserved, server.reserved)
        return (
            Entry("max_connections", (server.max_connections,)),
            *(Entry(figure.name, (self._kept(figure),)) for figure in kept if figure.high),
        )

    def _kept(self, figure: Figure) -> Figure:
        """Return slots as what is taken away; with each replica that is away, its own are, too.

        So the fewest go with the fewest connections, and the most with the most.
        """
        if self.server.copies is None or figure.high is None:
            return -figure
        return replace(figure, low=-figure.low, high=-figure.high)

    @property
    def ledger(self) -> Ledger:
        """Return the sum in the steady state."""
        demand = tuple(client.entry for client in self.clients)
        return Ledger(demand, self.supply, self.server.name)

    @property
    def calm_ledger(self) -> Ledger:
        """Return the sum before any autoscaler starts more instances than it keeps."""
        demand = tuple(client.calm_entry for client in self.clients)
        return Ledger(demand, self.supply, self.server.name)

    def rollout_of(self, client: Client) -> Ledger:
        """Return the sum while a new version of what a client runs in is rolled out.

        All the pools of a pooler, and their reserves, are in the instances that run besides.
        """
        whole = client.workload or client.behind
        demand = tuple(
            c.rollout_entry
            if c is client or (whole and (c.workload or c.behind) is whole)
            else c.entry
            for c in self.clients
        )
        return Ledger(demand, self.supply, self.server.name)

    @property
    def rollout_ledger(self) -> Ledger:
        """Return the sum while a new version of everything is rolled out."""
        demand = tuple(client.rollout_entry for client in self.clients)
        return Ledger(demand, self.supply, self.server.name)

    @property
    def ending_ledger(self) -> Ledger:
        """Return the sum while all that a rollout of everything replaces still ends."""
        demand = tuple(client.ending_entry for client in self.clients)
        return Ledger(demand, self.supply, self.server.name)

    @property
    def scenarios(self) -> tuple[tuple[Scenario, Ledger], ...]:
        """Return the sums that differ from the steady one, and when they hold."""
        return _scenarios(self.ledger, self.clients)


@dataclass(frozen=True, slots=True)
class PoolerBudget:
    """A pooler: what comes in, and what it may open towards its server.

    `opens` holds one client per pool or cap that binds; `server` is None where no file tells
    which server it leads to. `beyond` says in words what it may open that `opens` does not
    hold; `missing` says that too, and which of its clients could not be counted. `alike` names
    other environments that come to the same.
    """

    pooler: Pooler
    clients: tuple[Client, ...]
    opens: tuple[Client, ...]
    server: Server | None
    missing: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    alike: tuple[str, ...] = field(default=(), compare=False)

    @property
    def ledger(self) -> Ledger:
        """Return the sum of its clients against those it lets in."""
        supply = (Entry("max_client_conn", (self.pooler.instances, self.pooler.max_client_conn)),)
        return Ledger(tuple(client.entry for client in self.clients), supply, self.pooler.name)

    @property
    def scenarios(self) -> tuple[tuple[Scenario, Ledger], ...]:
        """Return the sums of its clients that differ from the steady one, and when they hold."""
        return _scenarios(self.ledger, self.clients)


def _scenarios(steady: Ledger, clients: Sequence[Client]) -> tuple[tuple[Scenario, Ledger], ...]:
    demands = (
        (Scenario.CALM, tuple(client.calm_entry for client in clients)),
        (Scenario.ROLLOUT, tuple(client.rollout_entry for client in clients)),
        (Scenario.ENDING, tuple(client.ending_entry for client in clients)),
    )
    return tuple((s, replace(steady, demand=d)) for s, d in demands if d != steady.demand)


@dataclass(frozen=True, slots=True)
class IgnoredOption:
    """A pool's size in a database URL at which the library that is given the URL never looks.

    span     the value of the variable that holds the URL
    name     of the option; `driver` makes the pool at `pool`, and calls its size `setting`
    """

    span: Span
    name: str
    driver: str
    setting: str
    pool: Span


@dataclass(frozen=True, slots=True)
class Topology:
    """One environment of the repository: what runs, through what, to where.

    `scope` names the environment, "" where there is only one. `assumed` says in words which
    numbers were assumed. `ignored` are options of URLs that size no pool. `outside` are those that
    connect to what no file describes.
    """

    scope: str
    workloads: tuple[Workload, ...]
    poolers: tuple[PoolerBudget, ...]
    servers: tuple[ServerBudget, ...]
    assumed: tuple[str, ...] = ()
    ignored: tuple[IgnoredOption, ...] = ()
    outside: tuple[Client, ...] = ()
