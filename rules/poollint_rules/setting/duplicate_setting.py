"""A setting is stated twice in one file, and only the last one counts.

## Why

Neither a pooler nor PostgreSQL says a word about it: the last line wins. (Of PgCat's file TOML
refuses a second one.) Who changes the first one, which is the one an editor finds first, changes
nothing, and sees so only under load. In
PgBouncer a second `[pgbouncer]` is worse: it sets everything that stood in the first one back to
its default.

## Example

```ini avoid
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
default_pool_size = 50
default_pool_size = 20
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
default_pool_size = 20
```

## Limits

Each file is looked at by itself: that postgresql.auto.conf or an included file overrides another
is what they are for. Users of `[users]` may be stated in parts.

Sources: PgBouncer's `lib/usual/cfparser.c` and `src/loader.c`; PostgreSQL's
`src/backend/utils/misc/guc-file.l`, Odyssey and Pgpool-II; all asked of real programs.
"""

from collections.abc import Iterator

from poollint import Category, Edit, Fix, Problem, Safety, Setting, Severity, Step, rule


@rule("duplicate-setting", Category.SETTING, Severity.WARNING, since="0.1.0")
def duplicate_setting(setting: Setting) -> Iterator[Problem]:
    """Report a setting that a later line of its file replaces."""
    winner = setting.winner
    if winner is None or winner.path != setting.span.path:  # to override is what includes are for
        return
    line = winner.start.line
    section = setting.section == "pgbouncer" and not setting.again
    what = f"the second `[pgbouncer]`, line {line}," if section else f"line {line}"
    yield Problem(
        f"`{setting.name}` has no effect: {what} {'resets' if section else 'replaces'} it",
        at=setting.span,
        label="has no effect",
        path=(Step(setting.span, "has no effect"), Step(winner, "this one counts")),
        why=_why(setting, section=section),
        help="join the two sections" if section else "remove one of them",
        fix=_fix(setting),
        scope=f"{setting.section} {setting.owner}".strip(),
        severity=Severity.NOTE if setting.repeats else None,
    )


def _why(setting: Setting, *, section: bool) -> str:
    if section:
        return "PgBouncer sets everything back to its default where a second section begins"
    if setting.repeats:
        return "both say the same; a change of this one alone would change nothing"
    return f"{setting.program} takes the last one without a word"


def _fix(setting: Setting) -> Fix | None:
    """Remove the one without effect; what both say stays said."""
    if not setting.repeats:
        return None
    return Fix("remove the first of the two", (Edit(setting.span, ""),), Safety.SAFE)
