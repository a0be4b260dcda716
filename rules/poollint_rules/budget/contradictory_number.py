"""Two numbers of instances contradict each other, and one of them does not come about.

## Why

The connections that a workload opens are its pool times its instances. Where files state two
numbers of instances, the sum is right for one of them only: an autoscaler whose least is above
its most is refused, replicas outside of its bounds last until it looks next, and of a service
with a container name, or a port of the machine, Docker Compose starts one container and fails at
the second.

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
            - {name: DB_POOL_SIZE, value: "2"}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 12
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
            - {name: DB_POOL_SIZE, value: "2"}
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

Only workloads that are known to connect to a database are looked at, wherever that is. Replicas
outside of an autoscaler's bounds are a note, for the autoscaler wins; none at all (`replicas: 0`)
switches it off, which is meant. What only Swarm understands keeps a Compose file from being taken
for one that Compose itself starts. An autoscaler for a workload that is in no file is not told.

Source: Kubernetes API, `HorizontalPodAutoscalerSpec`; KEDA, `ScaledObject`; compose-spec,
`container_name` and `ports`.
"""

from collections.abc import Iterator

from poollint import Basis, Category, Figure, Problem, Severity, Span, Topology, Workload, rule


@rule("contradictory-number", Category.BUDGET, Severity.WARNING, since="0.1.0")
def contradictory_number(topology: Topology) -> Iterator[Problem]:
    """Report numbers of instances of which only one can hold."""
    clients = [client for server in topology.servers for client in server.clients]
    clients += [client for pooler in topology.poolers for client in pooler.clients]
    clients += topology.outside
    for workload in {c.workload.span: c.workload for c in clients if c.workload}.values():
        yield from _crossed(workload) or _outside(workload) or _alone(workload)


def _place(figure: Figure | None) -> Span | None:
    """Return where a number stands that a file states as it is."""
    if figure is None or figure.basis is not Basis.STATED or figure.low != figure.high:
        return None
    return figure.origin if isinstance(figure.origin, Span) else None


def _crossed(workload: Workload) -> list[Problem]:
    least, most = workload.floor, workload.replicas
    at = _place(least)
    if least is None or at is None or _place(most) is None or least.low <= most.low:
        return []
    return [
        Problem(
            f"at least {least.low} instances of `{workload.name}` are asked for, "
            f"at most {most.low}",
            at=at,
            label=f"more than the most, {most.low}",
            why="an autoscaler with such bounds is refused, and does not scale",
            help="let the least not be above the most",
            scope=workload.name,
        )
    ]


def _outside(workload: Workload) -> list[Problem]:
    stated, least, most = workload.stated, workload.floor, workload.replicas
    at = _place(stated)
    if stated is None or at is None or not stated.low or _place(most) is None:
        return []
    if _place(least) and least and stated.low < least.low:
        bound, ends = f"at least {least.low}", "stops instances that the autoscaler starts again"
    elif stated.low > most.low:
        bound, ends = f"at most {most.low}", "starts instances that the autoscaler stops again"
    else:
        return []
    return [
        Problem(
            f"`{workload.name}` asks for {stated.low}, its autoscaler allows {bound}",
            at=at,
            label="overruled by the autoscaler",
            why=f"every time it is applied it {ends}, and their connections with them",
            help="leave `replicas` out: the autoscaler sets it",
            scope=workload.name,
            severity=Severity.NOTE,
        )
    ]


def _alone(workload: Workload) -> list[Problem]:
    at = _place(workload.replicas)
    if at is None or workload.alone is None or workload.replicas.low < 2:
        return []
    return [
        Problem(
            f"{workload.replicas.low} instances of `{workload.name}` cannot run side by side",
            at=workload.alone,
            label="only one can have this",
            why="Docker Compose starts the first container and fails at the second",
            help="take it away, or let one instance run",
            scope=workload.name,
        )
    ]
