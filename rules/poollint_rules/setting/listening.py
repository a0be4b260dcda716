"""On which addresses PgBouncer waits for clients."""

from poollint import Configuration, Setting

LOOPBACK = ("localhost", "::1", "[::1]")


def beyond_loopback(configuration: Configuration) -> Setting | None:
    """Return the setting by which PgBouncer listens to other machines, None where it does not.

    Without `listen_addr` it listens on its Unix socket only.
    """
    found = configuration.setting("listen_addr")
    if found is None or found.open:
        return None
    names = (name.strip().lower() for name in found.value.split(","))
    open_ = (n for n in names if n and n not in LOOPBACK and not n.startswith("127."))
    return found if any(open_) else None
