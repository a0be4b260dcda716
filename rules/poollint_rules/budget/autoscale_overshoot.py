"""The connections fit until an autoscaler starts all the instances that it may.

## Why

A pool that is right for three instances is wrong for fifteen. The autoscaler starts more
when the load is highest, each new instance opens its own pool, and the server refuses
connections at that moment: new instances fail, and old ones cannot reconnect.

## Example

```yaml avoid deploy.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
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
            - {name: DB_POOL_SIZE, value: "20"}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
```

```conf avoid
max_connections = 100
```

```yaml prefer deploy.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
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
            - {name: DB_POOL_SIZE, value: "5"}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
```

```conf prefer
max_connections = 100
```

## Limits

Whether the load ever asks for so many instances is not known. What fits at no time is told by
`connection-budget-exceeded`.

Source: Kubernetes API, `HorizontalPodAutoscalerSpec`; KEDA, `ScaledObject`; Application Auto
Scaling, `ScalableTarget`.
"""

from collections.abc import Iterator

from poollint import Category, Problem, ServerBudget, Severity, Topology, rule
from poollint_rules.budget.overflow import (
    asked,
    available,
    bounded,
    known,
    overflow,
    place,
    poolers_alone,
    remarks,
)


@rule("autoscale-overshoot", Category.BUDGET, Severity.ERROR, since="0.1.0")
def autoscale_overshoot(topology: Topology) -> Iterator[Problem]:
    """Report a server whose slots suffice for the least instances, but not for the most."""
    for budget in topology.servers:
        if not known(budget) or not budget.ledger.may_overflow:
            continue
        if budget.calm_ledger.may_overflow or not bounded(budget).may_overflow:
            continue
        if poolers_alone(topology, budget).may_overflow:
            continue
        calm = asked(budget.calm_ledger)
        yield overflow(
            budget.ledger,
            place(budget),
            f"{asked(budget.ledger)} connections may be opened when {_scaled(budget)} scaled out, "
            f"{available(budget.ledger)}",
            f"{calm} fit before; the load that starts more instances finds no connection for them",
            remarks(topology, budget),
            clients=budget.clients,
        )


def _scaled(budget: ServerBudget) -> str:
    names = [f"`{client.name}`" for client in budget.clients if client.calm]
    few = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{few} {'is' if len(names) == 1 else 'are'}"
