"""Functions of which nothing bounds the number connect to the server itself.

## Why

A function runs as often as there are requests at once, up to the limit of the whole account,
and each instance has connections of its own that it keeps while it waits for the next request.
A burst of traffic takes every slot of the server; a larger server moves the limit, a pooler or
a reserved concurrency removes it.

## Example

```yaml avoid template.yaml
Resources:
  Database:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: postgres, DBInstanceClass: db.t3.small}
  Api:
    Type: AWS::Lambda::Function
    Properties:
      Environment:
        Variables:
          DATABASE_URL: !Sub postgresql://shop@${Database.Endpoint.Address}/shop
          DB_POOL_SIZE: "2"
```

```yaml prefer template.yaml
Resources:
  Database:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: postgres, DBInstanceClass: db.t3.small}
  Api:
    Type: AWS::Lambda::Function
    Properties:
      ReservedConcurrentExecutions: 40
      Environment:
        Variables:
          DATABASE_URL: !Sub postgresql://shop@${Database.Endpoint.Address}/shop
          DB_POOL_SIZE: "2"
```

## Limits

The limit of an account is taken to be the documented one. How many requests there are at once
is not known. A function behind a pooler is not told.

Source: AWS Lambda Developer Guide, "Lambda quotas" and "Configuring reserved concurrency".
"""

from collections.abc import Iterator

from poollint import Category, Problem, Severity, Topology, rule
from poollint_rules.budget.overflow import (
    asked,
    available,
    bounded,
    known,
    overflow,
    place,
    remarks,
    unbounded,
)


@rule("serverless-without-pooler", Category.BUDGET, Severity.WARNING, since="0.1.0")
def serverless_without_pooler(topology: Topology) -> Iterator[Problem]:
    """Report a server whose slots suffice but for functions that nothing bounds."""
    for budget in topology.servers:
        names = [f"`{client.name}`" for client in budget.clients if unbounded(client)]
        if not names or not known(budget) or not budget.ledger.may_overflow:
            continue
        if bounded(budget).may_overflow:
            continue
        few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        yield overflow(
            budget.ledger,
            place(budget),
            f"nothing bounds how many of {few} run at once: {asked(budget.ledger)} connections "
            f"may be opened, {available(budget.ledger)}",
            "each instance that a burst of requests starts has connections of its own",
            remarks(topology, budget),
            "put a pooler between (RDS Proxy, PgBouncer), or reserve a concurrency that fits",
        )
