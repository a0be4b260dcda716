"""A configuration file names a setting that the program does not know.

## Why

PgBouncer and PostgreSQL refuse to start with a name they do not know. A running PgBouncer that
is told to reload such a file applies the lines above it, puts what stands below back to its
defaults, and only logs a warning; a running PostgreSQL changes nothing at all. Odyssey stops as
well. PgCat and Pgpool-II start and pass over the name: the limit that somebody wrote down is none.

## Example

```ini avoid
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
max_client_con = 2000
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
max_client_conn = 2000
```

## Limits

The version that will read the file is not known. A name is unknown only where no version knows
it: PgBouncer from 1.0 to 1.26, PostgreSQL from 13 to 18, PgCat from 0.6 to 1.3, Odyssey from 1.3
to 1.5.2 and its next version, Pgpool-II from 2.0 to 4.7; names that only an older PostgreSQL or
one built for developers knows are left alone, and so is every name with a dot in it. A file with
three or more names that resemble none of PostgreSQL's is taken to be that of a fork. Nothing is
said of a template, nor in PgBouncer's files of what follows an `%include` of a file that is not
in the tree.

Sources: `src/main.c` and `src/loader.c` of PgBouncer at each release; `pg_settings` of PostgreSQL
13.23, 14.23, 15.18, 16.14, 17.10 and 18.4; PgCat's `src/config.rs`; Odyssey's
`sources/config_reader.c`; Pgpool-II's `src/config/pool_config_variables.c`.
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Confidence,
    Edit,
    Fix,
    Flaw,
    Problem,
    Safety,
    Setting,
    Severity,
    Span,
    rule,
)
from poollint_rules.setting.places import owner, passed_over, place


@rule("unknown-setting", Category.SETTING, Severity.ERROR, since="0.1.0")
def unknown_setting(setting: Setting) -> Iterator[Problem]:
    """Report a name that no version of the program knows."""
    if setting.flaw is not Flaw.UNKNOWN:
        return
    name = place(setting)
    sure = setting.program != "PostgreSQL" or setting.nearest or setting.expected
    whose = owner(setting)
    if setting.version:
        whose += f" {setting.version}" if whose == setting.program else f" of {setting.version}"
    yield Problem(
        f"`{setting.name}` is no setting of {whose}",
        at=name,
        label="unknown name",
        why=setting.complaint,
        help=_help(setting),
        fix=_fix(setting, name),
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        scope=f"{setting.section} {setting.owner}".strip(),
        severity=Severity.WARNING if passed_over(setting) else None,
    )


def _help(setting: Setting) -> str:
    if setting.version:
        return f"remove it, or run {setting.expected}"
    if setting.nearest:
        return f"write `{setting.nearest}`"
    return f"write {setting.expected}" if setting.expected else "remove it"


def _fix(setting: Setting, name: Span) -> Fix | None:
    """Offer the nearest name; where others are near as well, it may be one of those."""
    if not setting.nearest or name == setting.value_span:
        return None
    edit = Edit(name, setting.nearest)
    safety = Safety.SAFE if setting.sole else Safety.UNSAFE
    return Fix(f"write `{setting.nearest}`", (edit,), safety)
