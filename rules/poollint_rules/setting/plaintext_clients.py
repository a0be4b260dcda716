"""Passwords cross the network as they are.

## Why

`auth_type = plain`, `pam` and `ldap` have the client send its password itself, not a proof that
it knows it. Without TLS everyone on the way reads it, and with it all that the role may do; so
with the method `password` in a pg_hba.conf.

## Example

```ini avoid
[databases]
orders = host=db.internal

[pgbouncer]
listen_addr = *
auth_type = plain
auth_file = /etc/pgbouncer/userlist.txt
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
listen_addr = *
auth_type = scram-sha-256
auth_file = /etc/pgbouncer/userlist.txt
client_tls_sslmode = require
client_tls_key_file = /etc/pgbouncer/server.key
client_tls_cert_file = /etc/pgbouncer/server.crt
```

## Limits

With `md5` and `scram-sha-256` the password does not cross the network, but all data does:
PgBouncer asks for no TLS by itself, which is told at low confidence, and only where TLS is set up
and clients may still go without. What encrypts on the way (a sidecar, a network of containers) is
in no file.

Sources: PgBouncer, `doc/config.md`, `auth_type`, `client_tls_sslmode`; PostgreSQL, chapter
"Password Authentication"; Pgpool-II, `allow_clear_text_frontend_auth`.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Configuration, Problem, Severity, rule
from poollint_rules.setting.listening import beyond_loopback

_SENT = ("plain", "pam", "ldap")
_ENFORCED = ("require", "verify-ca", "verify-full")
_EVERYWHERE = ("0.0.0.0/0", "::/0", "all", "0.0.0.0/0.0.0.0")


@rule("plaintext-clients", Category.SETTING, Severity.WARNING, since="0.1.0")
def plaintext_clients(configuration: Configuration) -> Iterator[Problem]:
    """Report where passwords, or data in spite of TLS, may cross the network readable."""
    for access in configuration.accesses:
        if access.method == "password" and _is_wide(access.kind, access.address):
            yield Problem(
                f"`password` has clients from `{access.address}` send their passwords as they are",
                at=access.span,
                label="the password itself is sent",
                why="who listens on the way reads it: the line asks for no TLS",
                help="write `scram-sha-256` instead of `password`, or `hostssl` instead of `host`",
            )
    if configuration.program == "PgBouncer" and beyond_loopback(configuration):
        yield from _pooler(configuration)
    if configuration.program == "Pgpool-II" and beyond_loopback(configuration):
        yield from _pgpool(configuration)


def _pgpool(configuration: Configuration) -> Iterator[Problem]:
    """Yield where Pgpool-II asks clients for their passwords as they are, and has no TLS."""
    asks = configuration.setting("allow_clear_text_frontend_auth")
    tls = configuration.setting("ssl")
    if asks is None or not asks.number or (tls is not None and tls.number != 0):
        return
    yield Problem(
        "`allow_clear_text_frontend_auth` without TLS sends passwords as they are",
        at=asks.span,
        label="the password itself is sent",
        why="where pool_passwd has none, clients send their passwords, and who listens reads them",
        help="write `ssl = on` with its key and certificate, or the passwords in pool_passwd",
        scope="pgpool",
    )


def _is_wide(kind: str, address: str) -> bool:
    return kind in ("host", "hostnossl") and address.lower() in _EVERYWHERE


def _pooler(configuration: Configuration) -> Iterator[Problem]:
    mode = configuration.setting("client_tls_sslmode")
    how = configuration.setting("auth_type")
    if mode and (mode.open or mode.value.lower() in _ENFORCED):
        return
    if how and how.value.lower() in _SENT:
        yield Problem(
            f"`auth_type = {how.value}` without TLS sends passwords as they are",
            at=how.span,
            label="the password itself is sent",
            why="who listens on the way reads it, and with it all that the role may do",
            help="write `client_tls_sslmode = require`, or `auth_type = scram-sha-256`",
            scope="pgbouncer",
        )
    elif mode and mode.value.lower() in ("allow", "prefer"):
        yield Problem(
            f"`client_tls_sslmode = {mode.value}` lets clients go without TLS",
            at=mode.span,
            label="TLS, but only for those that ask for it",
            why="most clients do not ask for it: what they send and get can be read on the way",
            help="write `client_tls_sslmode = require`",
            scope="pgbouncer",
            confidence=Confidence.LOW,
            severity=Severity.NOTE,
        )
