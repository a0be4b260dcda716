"""The connections fit, but not while a new version is rolled out, or without a slot to spare.

## Why

A rolling update starts new instances before it stops the old ones: a Deployment of Kubernetes
25 % more, rounded up, unless it says otherwise. Both fill their pools. A sum that fits on other
days is too much for those minutes, and new instances fail their checks because the old ones
hold the connections they need. A sum that takes the last slot leaves none for the migration of
the release.

## Example

```yaml avoid deploy.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 8
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/shop:1
          command: [uvicorn, "shop.api:app"]
          env:
            - {name: DATABASE_URL, value: postgresql://shop@orders-db/orders}
            - {name: DB_POOL_SIZE, value: "10"}
```

```conf avoid
max_connections = 100
```

```yaml prefer deploy.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 8
  strategy: {rollingUpdate: {maxSurge: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/shop:1
          command: [uvicorn, "shop.api:app"]
          env:
            - {name: DATABASE_URL, value: postgresql://shop@orders-db/orders}
            - {name: DB_POOL_SIZE, value: "10"}
```

```conf prefer
max_connections = 100
```

## Limits

What the controller promises is counted. First one workload at a time is tried, the one that adds
most; then all of them at once, as when one release changes everything. Old instances that still
end hold their connections for as long as their grace period, and a controller does not wait for
that: that all of the old ones and all of the new ones hold theirs is told with `--pedantic`. So is
a rollout of a pooler all of whose clients are known, and open less than there is: its pools have
the room, but nobody fills them. Where only guesses make the sum too much on other days, a rollout
is told if even the least of it does not fit.

Source: Kubernetes API, `RollingUpdateDeployment`; Compose, `deploy.update_config.order`.
"""

from collections.abc import Iterator
from dataclasses import replace

from poollint import (
    Category,
    Client,
    Confidence,
    Interval,
    Ledger,
    Problem,
    ServerBudget,
    Severity,
    Topology,
    rule,
)
from poollint_rules.budget.overflow import (
    asked,
    asked_of_poolers,
    confidence,
    known,
    overflow,
    place,
    remarks,
    widest,
)


@rule("deploy-overshoot", Category.BUDGET, Severity.WARNING, since="0.1.0")
def deploy_overshoot(topology: Topology) -> Iterator[Problem]:
    """Report a server whose slots suffice, except for a rollout."""
    for budget in topology.servers:
        if not known(budget) or not budget.clients:
            continue
        if budget.ledger.may_overflow:
            yield from _for_certain(topology, budget)
            continue
        for who, ledger in _rollouts(budget):
            if ledger.may_overflow:
                yield _during(topology, budget, who, ledger)
                break
        else:
            if budget.ending_ledger.may_overflow:
                yield _at_worst(topology, budget)
            supplied = budget.ledger.supplied
            if budget.ledger.balance == 0 and supplied.low == supplied.high:
                yield _full(topology, budget)


def _for_certain(topology: Topology, budget: ServerBudget) -> Iterator[Problem]:
    """Yield a rollout that cannot fit, of what only guesses make too much without one.

    Nothing is certain of clients of which no file says where they connect.
    """
    steady = budget.ledger
    pooled = any(pooler.server == budget.server for pooler in topology.poolers)
    if pooled or steady.overflows or confidence(steady) is not Confidence.LOW:
        return
    taken = sum(client.rollout_entry.total.low for client in budget.clients if client.assumed)
    surest = max(budget.clients, key=lambda client: budget.rollout_of(client).demanded.low)
    for who, ledger in (
        (f"`{surest.name}` is", budget.rollout_of(surest)),
        ("everything is", budget.rollout_ledger),
    ):
        room = ledger.supplied.high
        if room is not None and ledger.demanded.low - taken > room:
            yield _sure(topology, budget, who, ledger)
            return


def _sure(topology: Topology, budget: ServerBudget, who: str, ledger: Ledger) -> Problem:
    least, room = ledger.demanded.low, ledger.supplied.high or 0
    return replace(
        overflow(
            ledger,
            place(budget),
            f"while {who} rolled out at least {least} connections are open, "
            f"{ledger.supplied.low} available at `{ledger.title}`",
            "new instances find no connection while the old ones hold theirs; "
            f"otherwise it is at least {budget.ledger.demanded.low}",
            remarks(topology, budget),
        ),
        label=f"at least {least - room} too few",
        severity=None,
    )


def _rollouts(budget: ServerBudget) -> Iterator[tuple[str, Ledger]]:
    """Yield the rollout of the one client that adds most, then that of all of them."""
    client = widest(budget)
    if client:
        yield f"`{client.name}` is", budget.rollout_of(client)
    yield "everything is", budget.rollout_ledger


def _during(topology: Topology, budget: ServerBudget, who: str, ledger: Ledger) -> Problem:
    steady = budget.ledger.demanded.high
    clients = _clients(topology, budget)
    few = clients is not None and clients <= ledger.supplied.low
    note = f"the clients known today open no more than {clients}"
    problem = overflow(
        ledger,
        place(budget),
        f"while {who} rolled out {asked(ledger)} connections {'may be' if few else 'are'} open, "
        f"{ledger.supplied.low} available at `{ledger.title}`",
        f"new instances find no connection while the old ones hold theirs; {steady} fit otherwise",
        (*([note] if few else []), *remarks(topology, budget)),
    )
    if few:
        return replace(problem, severity=Severity.NOTE, confidence=Confidence.LOW)
    return replace(problem, severity=None)


def _clients(topology: Topology, budget: ServerBudget) -> int | None:
    """Return the most that is asked for while all is rolled out; None if not all is known.

    A pooler opens no connection that none of its clients waits for.
    """
    poolers = [pooler for pooler in topology.poolers if pooler.server == budget.server]
    if not poolers or asked_of_poolers(topology, budget) is None:
        return None
    pools = {client for pooler in poolers for client in pooler.opens}
    waiting = _rolled([client for pooler in poolers for client in pooler.clients])
    direct = _rolled([client for client in budget.clients if client not in pools])
    return None if waiting is None or direct is None else waiting + direct


def _rolled(clients: list[Client]) -> int | None:
    """Return what clients may open while all of them are rolled out."""
    return sum((client.rollout_entry.total for client in clients), Interval(0, 0)).high


def _at_worst(topology: Topology, budget: ServerBudget) -> Problem:
    ledger = budget.ending_ledger
    problem = overflow(
        ledger,
        place(budget),
        f"while old instances end {asked(ledger)} connections are open at worst, "
        f"{ledger.supplied.low} available at `{ledger.title}`",
        "an instance that ends slowly keeps its pool while the one in its place fills another",
        remarks(topology, budget),
    )
    return replace(problem, severity=Severity.NOTE, confidence=Confidence.LOW)


def _full(topology: Topology, budget: ServerBudget) -> Problem:
    ledger = budget.ledger
    return Problem(
        f"all of the {ledger.supplied.low} connections available may be open: none is left",
        at=place(budget),
        label="the last one is taken",
        ledger=ledger,
        why="a migration, a person or one more instance is refused",
        help="leave room for what is not in the sum: smaller pools, or a higher max_connections",
        notes=remarks(topology, budget),
        scope=ledger.title,
        severity=Severity.NOTE,
    )
