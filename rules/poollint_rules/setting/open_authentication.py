"""Whoever reaches the address gets in: no password is asked for.

## Why

With `auth_type = trust` PgBouncer believes every user name of its list, with `any` it does not
even look. A pg_hba.conf whose line for all addresses says `trust` lets everyone in as any role,
the superuser among them. It is found in minutes where the port is open to a network, and the
firewall in front of it is one line in another file.

## Example

```ini avoid
[databases]
orders = host=db.internal

[pgbouncer]
listen_addr = *
auth_type = trust
auth_file = /etc/pgbouncer/userlist.txt
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
listen_addr = *
auth_type = scram-sha-256
auth_file = /etc/pgbouncer/userlist.txt
```

## Limits

Only what listens beyond loopback counts: `listen_addr` must say so, for PgBouncer has none by
itself. A rule of Odyssey with `pool_routing "internal"` lets no client in. Of a pg_hba.conf only
lines for all addresses are told, not those for a network of one's own, and none that an earlier
line for all makes unreachable, or that asks for a certificate.
Whether a firewall or a container's network keeps others out is in no file.

Sources: PgBouncer, `doc/config.md`, `auth_type`, `listen_addr`; PostgreSQL, chapter
"The pg_hba.conf File"; PgCat's `src/config.rs`; Odyssey, `docs/configuration/rules.md`.
"""

from collections.abc import Iterator

from poollint import Access, Category, Configuration, Problem, Setting, Severity, rule
from poollint_rules.setting.listening import address, beyond_loopback, listens

_OPEN = {
    "any": "every user name is taken, without a password",
    "trust": "every user name of the list is taken, without a password",
}
_EVERYWHERE = ("0.0.0.0/0", "::/0", "all", "0.0.0.0/0.0.0.0", "::0/0")


@rule("open-authentication", Category.SETTING, Severity.WARNING, since="0.1.0")
def open_authentication(configuration: Configuration) -> Iterator[Problem]:
    """Report what lets others in without a password."""
    yield from _pooler(configuration)
    yield from _others(configuration)
    for index, access in enumerate(configuration.accesses):
        if _is_open(access) and not _is_shadowed(access, configuration.accesses[:index]):
            yield Problem(
                f"`trust` lets anyone in from `{access.address}`",
                at=access.span,
                label="no password is asked for",
                why=f"any machine that reaches the port may log in as {_who(access)}",
                help="write `scram-sha-256` instead of `trust`, or name the network it is for",
            )


def _pooler(configuration: Configuration) -> Iterator[Problem]:
    stated = configuration.setting("auth_type")
    wide = beyond_loopback(configuration)
    if stated is None or wide is None or configuration.program != "PgBouncer":
        return
    why = _OPEN.get(stated.value.lower())
    if why:
        yield Problem(
            f"`auth_type = {stated.value}` on `{wide.value}` lets anyone in",
            at=stated.span,
            label="no password is asked for",
            why=f"{why}, from any machine that reaches the port",
            help="write `auth_type = scram-sha-256`, or `listen_addr = 127.0.0.1`",
            scope="pgbouncer",
        )


def _others(configuration: Configuration) -> Iterator[Problem]:
    """Yield the users of PgCat and Odyssey who need no password."""
    where = address(configuration) if configuration.program == "PgCat" else listens(configuration)
    internal = _internal(configuration) if where else frozenset()
    for setting in configuration.settings if where else ():
        if _asks_nothing(setting) and setting.winner is None and setting.owner not in internal:
            value = "none" if setting.program == "Odyssey" else setting.value
            yield Problem(
                f"`{setting.name} = {value}` on `{where}` lets anyone in",
                at=setting.span,
                label="no password is asked for",
                why=f"{_whose(setting)}, from any machine that reaches the port",
                help=_INSTEAD[setting.program],
                scope=f"{setting.section} {setting.owner}".strip(),
            )


def _internal(configuration: Configuration) -> frozenset[str]:
    """Return the rules of Odyssey that no client is ever matched with: for itself alone."""
    routing = (s for s in configuration.settings if (s.section, s.name) == _ROUTING)
    return frozenset(s.owner for s in routing if s.value == "internal")


_ROUTING = ("route", "pool_routing")
_INSTEAD = {
    "PgCat": 'write `"md5"`, or `host = "127.0.0.1"` in `[general]`',
    "Odyssey": 'write `authentication "scram-sha-256"`, or `host "127.0.0.1"` in `listen`',
}


def _asks_nothing(setting: Setting) -> bool:
    match setting.program, setting.section, setting.name:
        case "PgCat", "users" | "general", "auth_type" | "admin_auth_type":
            return setting.value.lower() == "trust"
        case "Odyssey", "route", "authentication":
            return setting.value == "none" and " from " not in setting.owner
    return False


def _whose(setting: Setting) -> str:
    if setting.section == "general":
        return "whoever knows the name of the admin gets into PgCat's console"
    return "whoever knows a name becomes that user"


def _is_open(access: Access) -> bool:
    if access.method != "trust" or access.kind == "local":
        return False
    certified = any(option.startswith("clientcert=verify") for option in access.options)
    return access.address.lower() in _EVERYWHERE and not certified


def _is_shadowed(access: Access, before: tuple[Access, ...]) -> bool:
    """Tell whether an earlier line takes all that this one would: the first that fits counts."""
    return any(
        other.kind in (access.kind, "host")
        and other.address.lower() in (access.address.lower(), "all")
        and other.users in (access.users, ("all",))
        and other.databases in (access.databases, ("all",))
        and ("replication" not in access.databases or "replication" in other.databases)
        for other in before
    )


def _who(access: Access) -> str:
    if "replication" in access.databases:
        return "a replica, and copy the whole cluster"
    if "all" in access.users:
        return "any role, the superuser among them"
    return " or ".join(f"`{user}`" for user in access.users)
