"""A setting that the program had once, and has no longer.

## Why

An update of the server or of the pooler is when it shows: PostgreSQL 13 does not start with
`wal_keep_segments`, PgBouncer 1.26 not with `suspend_timeout`. The file was right for years, and
after the update the service does not come up.

## Example

```conf avoid
max_connections = 200
checkpoint_segments = 32
```

```conf prefer
max_connections = 200
max_wal_size = 1536MB
```

## Limits

Where a file of the repository tells the version (the tag of the image that reads the file), that
version is judged. Where none does, only names are told that no PostgreSQL from 13 on knows, as a
warning: the server may be an old one. PgCat and Pgpool-II pass over a name that is gone, which
is a note at low confidence.

Sources: `pg_settings` of PostgreSQL 13.23 to 18.4, release notes of 8.0 to 12; PgBouncer's
`src/main.c` at each release.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Flaw, Problem, Setting, Severity, rule
from poollint_rules.setting.places import passed_over, place


@rule("removed-setting", Category.SETTING, Severity.ERROR, since="0.1.0")
def removed_setting(setting: Setting) -> Iterator[Problem]:
    """Report a name that only earlier versions know."""
    if setting.flaw is not Flaw.REMOVED:
        return
    yield Problem(
        f"`{setting.name}` is gone since {setting.program} {setting.removed}",
        at=place(setting),
        label="no longer known",
        why=setting.complaint,
        help=f"write {setting.expected}" if setting.expected else "remove it",
        scope=f"{setting.section} {setting.owner}".strip(),
        confidence=_confidence(setting),
        severity=_severity(setting),
    )


def _confidence(setting: Setting) -> Confidence:
    if setting.version:
        return Confidence.HIGH
    return Confidence.LOW if passed_over(setting) else Confidence.MEDIUM


def _severity(setting: Setting) -> Severity | None:
    if setting.version:
        return None
    return Severity.NOTE if passed_over(setting) else Severity.WARNING
