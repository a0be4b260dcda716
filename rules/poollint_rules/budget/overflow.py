"""How a sum that does not fit is told: the same words for every rule of this category."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint import (
    Basis,
    Client,
    Confidence,
    Entry,
    Interval,
    Ledger,
    PoolerBudget,
    Problem,
    ServerBudget,
    Severity,
    Span,
    Topology,
    Workload,
)

_NOTES = 6
_NAMED = re.compile(r"`([^`]+)`")
_READ = Basis.DEFAULTED.strength  # a file says it, or the program's documentation
UNBOUNDED = "bound the pools that have no limit, or put PgBouncer between"


def overflow(
    ledger: Ledger, at: Span, message: str, why: str, notes: tuple[str, ...] = (), other: str = "",
    clients: Iterable[Client] = (),
) -> Problem:  # fmt: skip
    """Return the problem of a ledger that does not, or may not, fit.

    An error only where even the least that is asked for is too much, by those of its `clients` of
    which files say that they connect there. `other` is what can be done besides changing one of
    the numbers, which the report works out of the ledger.
    """
    taken = _rests_on_taken(ledger, clients)
    if not ledger.overflows:
        notes = (*_doubt(ledger), *notes)
    return Problem(
        message,
        at=at,
        label=_label(ledger),
        ledger=ledger,
        brief=_brief(ledger),
        why=why,
        help=other or ("" if ledger.remedies() else UNBOUNDED),
        notes=notes[:_NOTES],
        scope=ledger.title,
        confidence=Confidence.MEDIUM if taken else confidence(ledger),
        severity=None if ledger.overflows and not taken else Severity.WARNING,
    )


def _rests_on_taken(ledger: Ledger, clients: Iterable[Client]) -> bool:
    """Tell whether it is too much only with clients of which no file says where they connect."""
    least = [client.entry.total.low for client in clients if client.assumed]
    room = ledger.supplied.high
    return ledger.overflows and room is not None and ledger.demanded.low - sum(least) <= room


def _doubt(ledger: Ledger) -> Iterator[str]:
    """Yield between which numbers lies what is asked for, or else what there is."""
    low, high = ledger.demanded.low, ledger.demanded.high
    there = ledger.supplied
    if low != high:
        most = asked(ledger)
        yield f"at least {low}, at most {most}: how many is not known for certain"
    elif there.low != there.high:
        least, most = there.low, "any number" if there.high is None else str(there.high)
        yield f"at least {least}, at most {most} are available: it is not known for certain"


def available(ledger: Ledger) -> str:
    """Return how many connections there are, and at which server."""
    return f"{ledger.supplied.low} are available at `{ledger.title}`"


def asked(ledger: Ledger) -> str:
    """Return the most that is asked for, in words."""
    high = ledger.demanded.high
    return "any number of" if high is None else str(high)


def known(budget: ServerBudget) -> bool:
    """Tell whether any file, or a default, says how many connections a server takes."""
    return budget.server.max_connections.basis is not Basis.UNKNOWN


def place(budget: ServerBudget) -> Span:
    """Return where a server's limit is stated, else where the server is."""
    origin = budget.server.max_connections.origin
    return origin if isinstance(origin, Span) else budget.server.span


def remarks(topology: Topology, budget: ServerBudget | PoolerBudget) -> tuple[str, ...]:
    """Return what was not counted, and what was taken for granted: of its clients alone."""
    own = {name for client in budget.clients for name in _names(client.workload or client.behind)}
    others = {name for workload in topology.workloads for name in _names(workload)} - own
    assumed = ((_NAMED.match(text), text) for text in topology.assumed)
    return (
        *(f"not counted: {text}" for text in budget.missing),
        *(f"assumed: {text}" for named, text in assumed if not named or named[1] not in others),
    )


def _names(workload: Workload | None) -> Iterator[str]:
    """Yield what a workload is called in a sentence: its name, and those of its images."""
    if workload:
        yield workload.name
        yield from (container.image for container in workload.containers)


def widest(budget: ServerBudget) -> Client | None:
    """Return the client whose rollout opens most connections more, None where none does."""
    added = {client: budget.rollout_of(client).demanded.high for client in budget.clients}
    steady = budget.ledger.demanded.high
    if steady is None:
        return None
    growing = [(high, client) for client, high in added.items() if high and high > steady]
    return max(growing, key=lambda pair: pair[0])[1] if growing else None


def unbounded(client: Client) -> bool:
    """Tell whether it is a function of which as many run at once as the account allows."""
    workload = client.workload
    if workload is None or workload.kind != "function":
        return False
    figure = workload.replicas  # of other functions the platform knows a number by itself
    return figure.basis is Basis.DEFAULTED and figure.name != "replicas"


def bounded(budget: ServerBudget) -> Ledger:
    """Return the sum without the functions that nothing bounds.

    Of a number that nothing was found about only the least counts: not to know a bound is not to
    know that there is none.
    """
    demand = tuple(least(c.entry) for c in budget.clients if not unbounded(c))
    return Ledger(demand, budget.supply, budget.server.name)


def least(entry: Entry) -> Entry:
    """Return an entry in which a number without a bound that is not known is its least."""
    return replace(
        entry,
        factors=tuple(
            replace(figure, high=figure.low)
            if figure.high is None and figure.basis is Basis.UNKNOWN
            else figure
            for figure in entry.factors
        ),
    )


def poolers_alone(topology: Topology, budget: ServerBudget) -> Ledger:
    """Return the sum of what the poolers in front of a server may open."""
    opens = (
        client
        for pooler in topology.poolers
        if pooler.server == budget.server
        for client in pooler.opens
    )
    return Ledger(tuple(c.entry for c in opens), budget.supply, budget.server.name)


def asked_of_poolers(topology: Topology, budget: ServerBudget) -> int | None:
    """Return the most that the clients of a server's poolers ask for, None if not all are known."""
    poolers = [pooler for pooler in topology.poolers if pooler.server == budget.server]
    if any(pooler.missing or not pooler.clients for pooler in poolers):
        return None
    demanded = sum((pooler.ledger.demanded for pooler in poolers), Interval(0, 0))
    return demanded.high


def confidence(ledger: Ledger) -> Confidence:
    """Return how sure it is: low where nothing but guesses makes it too much."""
    if ledger.overflows:
        return Confidence.HIGH
    if not Ledger(tuple(map(_usual, ledger.demand)), ledger.supply).may_overflow:
        return Confidence.LOW
    read = [e for e in ledger.demand if all(f.basis.strength <= _READ for f in e.factors)]
    if all(_by_default(entry, ledger) for entry in read):
        return Confidence.LOW
    known = sum((entry.total for entry in read), Interval(0, 0)).high
    return Confidence.MEDIUM if known is None or known > ledger.supplied.low else Confidence.LOW


def _usual(entry: Entry) -> Entry:
    """Return an entry with what its pools come to where each thread holds one at a time."""
    factors = (f if f.usual is None else replace(f, high=f.usual) for f in entry.factors)
    return replace(entry, factors=tuple(factors))


def _by_default(entry: Entry, ledger: Ledger) -> bool:
    """Tell whether one pool is too much for the server because both are as their makers chose.

    Npgsql's 100 beside PostgreSQL's 97 are so wherever nobody has thought of either.
    """
    several = [figure for figure in entry.factors if figure.high is None or figure.high > 1]
    asked_and_given = (*several, *(f for e in ledger.supply for f in e.factors))
    high = entry.total.high
    return (
        high is not None
        and high > ledger.supplied.low
        and all(figure.basis is Basis.DEFAULTED for figure in asked_and_given)
    )


def _label(ledger: Ledger) -> str:
    balance = ledger.balance
    return "too few: nothing bounds the sum" if balance is None else f"{-balance} too few"


def _brief(ledger: Ledger) -> str:
    parts = (
        f"{entry.label} {'unbounded' if entry.total.high is None else entry.total.high}"
        for entry in ledger.demand
    )
    return f"{asked(ledger)} may be opened ({', '.join(parts)}), {ledger.supplied.low} available"
