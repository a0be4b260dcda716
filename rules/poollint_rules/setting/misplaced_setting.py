"""A setting stands where the program does not look for it.

## Why

`default_pool_size` in an entry of `[databases]`, `pool_mode` above `[pgbouncer]`, `work_mem` in
pgbouncer.ini: each is a setting, but not of the place it stands in. PgBouncer and PostgreSQL do
not search for it elsewhere, they stop. PgBouncer stops when it starts, a running one keeps half
of the file.

## Example

```ini avoid
[databases]
orders = host=db.internal auth_type=md5

[pgbouncer]
pool_mode = transaction
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
auth_type = scram-sha-256
```

## Limits

Only a name that is spelt as the setting of another place is taken for it; one that is merely
close to a name is `unknown-setting`. What follows an `%include` of a file that is not in the tree
may stand in another section than it seems to, and is not judged.

Sources: PgBouncer's `src/main.c` and `src/loader.c`; `pg_settings` of PostgreSQL 13 to 18.
"""

from collections.abc import Iterator

from poollint import Category, Flaw, Problem, Setting, Severity, rule
from poollint_rules.setting.places import home, passed_over, place


@rule("misplaced-setting", Category.SETTING, Severity.ERROR, since="0.1.0")
def misplaced_setting(setting: Setting) -> Iterator[Problem]:
    """Report a name that is known elsewhere."""
    if setting.flaw is not Flaw.MISPLACED:
        return
    whole = setting.name == setting.owner
    where = f"`[{setting.section}]`" if whole else home(setting)
    yield Problem(
        f"`{setting.name}` is no setting of {where}",
        at=place(setting),
        label="not looked for here",
        why=setting.complaint,
        help=f"write {setting.expected}",
        scope=f"{setting.section} {setting.owner}".strip(),
        severity=Severity.WARNING if passed_over(setting) else None,
    )
