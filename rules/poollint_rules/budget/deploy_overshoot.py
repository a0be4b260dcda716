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
that: that all of the old ones and all of the new ones hold theirs is told with `--pedantic`.

Source: Kubernetes API, `RollingUpdateDeployment`; Compose, `deploy.update_config.order`.
"""

from collections.abc import Iterator
from dataclasses import replace

from poollint import Category, Confidence, Ledger, Problem, ServerBudget, Severity, Topology, rule
from poollint_rules.budget.overflow import asked, known, overflow, place, remarks, widest


@rule("deploy-overshoot", Category.BUDGET, Severity.WARNING, since="0.1.0")
def deploy_overshoot(topology: Topology) -> Iterator[Problem]:
    """Report a server whose slots suffice, except for a rollout."""
    for budget in topology.servers:
        if not known(budget) or budget.ledger.may_overflow or not budget.clients:
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


def _rollouts(budget: ServerBudget) -> Iterator[tuple[str, Ledger]]:
    """Yield the rollout of the one client that adds most, then that of all of them."""
    client = widest(budget)
    if client:
        yield f"`{client.name}` is", budget.rollout_of(client)
    yield "everything is", budget.rollout_ledger


def _during(topology: Topology, budget: ServerBudget, who: str, ledger: Ledger) -> Problem:
    steady = budget.ledger.demanded.high
    problem = overflow(
        ledger,
        place(budget),
        f"while {who} rolled out {asked(ledger)} connections are open, "
        f"{ledger.supplied.low} available",
        f"new instances find no connection while the old ones hold theirs; {steady} fit otherwise",
        remarks(topology, budget.missing),
    )
    return replace(problem, severity=None)


def _at_worst(topology: Topology, budget: ServerBudget) -> Problem:
    ledger = budget.ending_ledger
    problem = overflow(
        ledger,
        place(budget),
        f"while old instances end {asked(ledger)} connections are open at worst, "
        f"{ledger.supplied.low} available",
        "an instance that ends slowly keeps its pool while the one in its place fills another",
        remarks(topology, budget.missing),
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
        notes=remarks(topology, budget.missing),
        scope=ledger.title,
        severity=Severity.NOTE,
    )
