"""The pooler logs in as the superuser.

## Why

A forced `user=postgres` makes a superuser of every client of the pool: one statement that was not
meant gets past every right. It also takes the last way in: `superuser_reserved_connections` are
kept for the superuser, and now the pool fills them as well. Where `auth_user` is the superuser,
whoever gets at PgBouncer's password for it gets everything; it needs one function, not more.

## Example

```ini avoid
[databases]
orders = host=db.internal user=postgres

[pgbouncer]
pool_mode = transaction
```

```ini prefer
[databases]
orders = host=db.internal user=orders_app

[pgbouncer]
pool_mode = transaction
```

## Limits

`postgres` is taken for the superuser, as it is in most clusters; a managed service gives the name
to a role of its own that is none, so that hosts of such services, and those that are filled in
elsewhere, are left alone. `postgres` among `admin_users` or `stats_users` is told at low
confidence: it is a name of PgBouncer's console, and shares the password only.

Sources: PgBouncer, `doc/config.md`, `auth_user`, `auth_query`; PostgreSQL, documentation of
`superuser_reserved_connections`.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Configuration, Problem, Setting, Severity, rule

_SUPERUSER = "postgres"
_MANAGED = (
    ".amazonaws.com", ".azure.com", ".supabase.co", ".supabase.com", ".neon.tech", ".rds.",
    ".aivencloud.com", ".ondigitalocean.com", ".googleapis.com", "cloudsql",
)  # fmt: skip
_FUNCTION = "write a role of its own that may run one `SECURITY DEFINER` function"


@rule("superuser-pooler", Category.SETTING, Severity.WARNING, since="0.1.0")
def superuser_pooler(configuration: Configuration) -> Iterator[Problem]:
    """Report where PgBouncer uses `postgres` for its clients, for itself or for its console."""
    if configuration.program != "PgBouncer":
        return
    for owner in configuration.owners("databases"):
        if not _is_managed(configuration, owner):
            yield from _database(configuration, owner)
    yield from _asking(configuration.setting("auth_user"))
    for name in ("admin_users", "stats_users"):
        console = configuration.setting(name)
        if console and _SUPERUSER in [user.strip() for user in console.value.split(",")]:
            yield _problem(
                console,
                f"the superuser's name is one of `{name}`",
                "the password of the superuser then lies with PgBouncer, and is sent to it",
                f"write a name of its own in `{name}`",
                Confidence.LOW,
            )


def _database(configuration: Configuration, owner: str) -> Iterator[Problem]:
    forced = configuration.of("databases", owner, "user")
    if forced and forced.value == _SUPERUSER:
        yield _problem(
            forced,
            f"every client of `{owner}` becomes the superuser",
            "no right holds for it, and the pool fills the slots kept for the superuser",
            "write `user=` and a role that may do what the application does",
        )
    yield from _asking(configuration.of("databases", owner, "auth_user"))


def _is_managed(configuration: Configuration, owner: str) -> bool:
    """Tell whether a host is one of a managed service, or may be: it is filled in elsewhere."""
    host = configuration.of("databases", owner, "host")
    return host is not None and (host.open or any(part in host.value.lower() for part in _MANAGED))


def _asking(setting: Setting | None) -> Iterator[Problem]:
    if setting and setting.value == _SUPERUSER:
        yield _problem(
            setting,
            "PgBouncer looks passwords up as the superuser",
            "who gets at its password for this user may do everything in the cluster",
            _FUNCTION,
        )


def _problem(
    setting: Setting, message: str, why: str, todo: str, confidence: Confidence = Confidence.MEDIUM
) -> Problem:
    low = confidence is Confidence.LOW
    return Problem(
        message,
        at=setting.span,
        label="the superuser",
        why=why,
        help=todo,
        scope=f"{setting.section} {setting.owner} {setting.name}",
        confidence=confidence,
        severity=Severity.NOTE if low else None,
    )
