"""A password stands in a configuration file as it is.

## Why

Whoever may read the repository, a backup of it or an image made from it can log in to the
database. It stays in the history of the repository after it was taken out.

## Example

```ini avoid
[databases]
orders = host=db.internal user=shop password=Kx7-paternoster

[pgbouncer]
pool_mode = transaction
```

```ini prefer
[databases]
orders = host=db.internal user=shop

[pgbouncer]
pool_mode = transaction
auth_type = scram-sha-256
auth_file = /run/secrets/userlist.txt
```

## Limits

A value that is to be filled in (`${DB_PASSWORD}`) is none, and a hash in userlist.txt (`md5…`,
`SCRAM-SHA-256$…`) is no password in plain text. Words that protect nothing (`postgres`,
`changeme`) are told at low confidence: they stand in examples and on one's own machine. The
password itself is never shown.

Source: PgBouncer, `doc/config.md`, sections "databases" and "Authentication file format".
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Problem, Setting, Severity, rule

_LIST = "userlist"
_WITHIN = ("PgCat", "Odyssey", "Pgpool-II")  # which read passwords from this file


@rule("secret-in-config", Category.SETTING, Severity.WARNING, since="0.1.0")
def secret_in_config(setting: Setting) -> Iterator[Problem]:
    """Report a password in plain text."""
    if not setting.exposed or setting.winner is not None:
        return
    dummy = setting.exposed == "dummy"
    yield Problem(
        _message(setting),
        at=setting.span,
        label="in plain text",
        why="who may read the repository or its history can log in with it",
        help=_help(setting),
        scope=f"{setting.section} {setting.owner}".strip(),
        confidence=Confidence.LOW if dummy else Confidence.HIGH,
        severity=Severity.NOTE if dummy else None,
    )


def _message(setting: Setting) -> str:
    if setting.section == _LIST:
        return f"the password of `{setting.owner}` stands in userlist.txt in plain text"
    if setting.owner and setting.name == "password":
        return f"the password for `{setting.owner}` stands in the file in plain text"
    return f"`{setting.name}` holds a password in plain text"


def _help(setting: Setting) -> str:
    if setting.section == _LIST:
        return "keep the file out of the repository, or write the SCRAM verifier of pg_authid"
    if setting.program in _WITHIN:
        return "keep the file out of the repository and write it where it is deployed; change it"
    if setting.program == "PostgreSQL":
        return "put the password in a `passfile` of the server's user, and change it"
    return "put it in an `auth_file` outside the repository, and change it"
