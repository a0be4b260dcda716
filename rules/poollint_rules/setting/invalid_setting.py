"""A setting has a value that the program refuses, or takes for another.

## Why

PgBouncer and PostgreSQL do not start with a value they refuse. Worse are the values PgBouncer
takes without a word and reads otherwise than they look: in `[databases]` and `[users]` a text is
read as 0 and what follows the digits is dropped, so `pool_size=ten` is 0, which is no limit since
1.24, and `server_lifetime=1h` is one second. It knows no quotes around a value of `[pgbouncer]`
and no comment behind one: both become part of the value.

## Example

```ini avoid
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transactional
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
```

## Limits

Where no file tells the version that will read it, a value is wrong only if every version
refuses or misreads it (PgBouncer 1.16 to 1.26, PostgreSQL 13 to 18, PgCat 0.6 to 1.3, Odyssey 1.3
to 1.5.2, Pgpool-II 3.6 to 4.7). Parameters of a cloud's resource are judged as PostgreSQL would,
but for formulas. Patroni leaves out of postgresql.conf what it would refuse. A value that holds a
reference to be filled in (`$PORT`, `{{ port }}`) is not judged, texts such as addresses and file
names only for quotes and comments. Whether numbers suit each other is another matter.

Sources: PgBouncer's `lib/usual/cfparser.c` and `src/loader.c`, asked of ten versions;
PostgreSQL's `pg_settings` and `postgres -C` of 13.23 to 18.4; Odyssey 1.5.2 (`--test`), Pgpool-II
4.3.5 and 4.7.3; PgCat's `src/config.rs`, which was read and not run.
"""

from collections.abc import Iterator

from poollint import Category, Flaw, Problem, Setting, Severity, rule

_LONGEST = 32
_REFUSED = "is refused by"
_MISSING = "is missing"
_CONSEQUENCE = {
    "PgBouncer": "PgBouncer does not start with it; on a reload it stays with half of the file",
    "PostgreSQL": "PostgreSQL does not start with it; on a reload it keeps the old value",
    "PgCat": "PgCat does not start like this; on a reload it keeps the old settings",
    "Odyssey": "Odyssey does not start like this; on a reload it keeps the old settings",
    "Pgpool-II": "Pgpool-II does not start with it; on a reload it keeps the old value",
}
# Where PostgreSQL, or the service that runs it, refuses at once.
_REFUSING = {
    "sql": "PostgreSQL refuses the statement, and a script that stops at errors ends with it",
    "cloud": "the service refuses it, and nothing of the change is made",
}
_RESTART = "a reload does not change it: once mended, it counts from the next restart on"
_RUN = "connect_query"  # SQL, by itself
_AUTODB = "PgBouncer starts, and refuses every client of a database that only `*` names"


@rule("invalid-setting", Category.SETTING, Severity.ERROR, since="0.1.0")
def invalid_setting(setting: Setting) -> Iterator[Problem]:
    """Report a value that every version of the program refuses or misreads."""
    if setting.flaw is not Flaw.INVALID:
        return
    missing = setting.complaint.startswith(_MISSING)
    refused = missing or setting.complaint.startswith(_REFUSED)
    yield Problem(
        f"{_shown(setting)} {setting.complaint}",
        at=setting.span,
        label=_label(setting, missing, refused),
        why=_why(setting, refused),
        help=f"write {setting.expected}" if setting.expected else "remove it: it cannot be set",
        notes=(_RESTART,) if setting.restart and setting.section not in _REFUSING else (),
        scope=f"{setting.section} {setting.owner}".strip(),
        severity=None if refused and not setting.keeper else Severity.WARNING,
    )


def _label(setting: Setting, missing: bool, refused: bool) -> str:
    if missing:
        return "missing"
    if refused:
        return "refused"
    return "run in each session" if setting.name == _RUN else "read as something else"


def _why(setting: Setting, refused: bool) -> str:
    if setting.name == _RUN and not refused:
        return "PgBouncer runs it when a session with the server begins, before any client has it"
    if not refused:
        return f"{setting.program} says nothing about it, neither at start nor later"
    if setting.keeper:
        return f"{setting.keeper} leaves it out, or takes the nearest number, and only logs it"
    if setting.section in _REFUSING:
        return _REFUSING[setting.section]
    return _AUTODB if setting.owner == "*" else _CONSEQUENCE.get(setting.program, "")


def _shown(setting: Setting) -> str:
    """Return the setting as written; a secret, or what may hold one, only by its name."""
    if setting.secret:
        return f"`{setting.name}`"
    value = " ".join(setting.value.split())
    if len(value) > _LONGEST:
        value = value[:_LONGEST].rstrip() + "…"
    return f"`{setting.name} = {value}`" if value else f"`{setting.name} =`"
