"""A framework reads through a cursor of the server, outside any transaction.

## Why

Django's `.iterator()` declares a cursor on the server. Outside `atomic()` it is
one `WITH HOLD`, and each part it fetches is a transaction of its own, which in
transaction mode may run in another session:

```text
psycopg.errors.InvalidCursorName: cursor "_django_curs_140571685469056_sync_1" does not exist
```

It works as long as one client is connected, as in tests.

## Example

```yaml avoid compose.yaml
services:
  web:
    image: shop
    environment:
      DB_HOST: pooler
  pooler:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment:
      DB_HOST: db
      POOL_MODE: transaction
  db:
    image: postgres:17
```

```python avoid shop/export.py
from django.db import models

class Order(models.Model):
    paid = models.BooleanField()

def export(write):
    for order in Order.objects.filter(paid=True).iterator():
        write(order)
```

```yaml prefer compose.yaml
services:
  web:
    image: shop
    environment:
      DB_HOST: pooler
  pooler:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment:
      DB_HOST: db
      POOL_MODE: transaction
  db:
    image: postgres:17
```

```python prefer shop/export.py
from django.db import models, transaction

class Order(models.Model):
    paid = models.BooleanField()

def export(write):
    with transaction.atomic():
        for order in Order.objects.filter(paid=True).iterator():
            write(order)
```

`DISABLE_SERVER_SIDE_CURSORS = True` in an entry of `DATABASES` has Django fetch all
rows at once instead.

## Limits

Silent where it is not known where the connection leads, where any file sets
`DISABLE_SERVER_SIDE_CURSORS` to anything but False, inside `atomic()` of the same
function, and after `.using(…)`. A transaction that a caller, or `ATOMIC_REQUESTS`,
begins is not seen.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Effect, Problem, Severity, Statement, rule
from poollint_rules.session.transaction_mode import in_transaction_mode, notes, path, pooler


@rule("server-side-cursor", Category.SESSION, Severity.ERROR, since="0.1.0")
def server_side_cursor(statement: Statement) -> Iterator[Problem]:
    """Yield a cursor of the server that is read across transactions."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.SERVER_CURSOR:
        return
    yield Problem(
        f"`{statement.text}` loses its cursor behind {pooler(endpoint)}",
        at=statement.span,
        label="reads a cursor in parts",
        path=path(statement, endpoint, "reads a cursor of the server in parts"),
        brief=f"`{statement.text}` behind {pooler(endpoint)}",
        why=f"outside a transaction it fails with `{statement.failure}`",
        help=statement.help,
        notes=notes(endpoint),
        confidence=Confidence.MEDIUM,
        scope=statement.function,
    )
