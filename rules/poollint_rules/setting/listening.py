"""On which addresses a pooler waits for clients."""

from poollint import Configuration, Setting

LOOPBACK = ("localhost", "::1", "[::1]")
_NAMES = {"PgBouncer": "listen_addr", "PgCat": "host", "Pgpool-II": "listen_addresses"}
_BY_ITSELF = {"PgCat": "0.0.0.0"}  # where one listens that is told nothing


def beyond_loopback(configuration: Configuration) -> Setting | None:
    """Return the setting by which a pooler listens to other machines, None where none does.

    Without one PgBouncer listens on its Unix socket only, Pgpool-II on localhost, PgCat everywhere.
    """
    found = configuration.setting(_NAMES.get(configuration.program, ""))
    if found is None or found.open:
        return None
    return found if _is_wide(found.value) else None


def address(configuration: Configuration) -> str:
    """Return where a pooler listens to other machines, by a setting or by itself; "" nowhere."""
    found = configuration.setting(_NAMES.get(configuration.program, ""))
    if found is None:
        return _BY_ITSELF.get(configuration.program, "")
    return found.value if not found.open and _is_wide(found.value) else ""


def listens(configuration: Configuration) -> str:
    """Return the first address of Odyssey's `listen` blocks that is beyond loopback, or ""."""
    hosts = [s for s in configuration.settings if (s.section, s.name) == ("listen", "host")]
    return next((s.value for s in hosts if not s.open and _is_wide(s.value)), "")


def _is_wide(value: str) -> bool:
    names = (name.strip().lower() for name in value.split(","))
    return any(n and n not in LOOPBACK and not n.startswith(("127.", "/")) for n in names)
