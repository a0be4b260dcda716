"""Where a setting stands, in the file and in words."""

from poollint import Setting, Span

# What it is a setting of, by program and section; elsewhere of the program itself.
_OWNERS = {
    ("PgBouncer", "databases"): "a PgBouncer database",
    ("PgBouncer", "users"): "a PgBouncer user",
    ("PgBouncer", "peers"): "a PgBouncer peer",
    ("PgCat", "pools"): "a PgCat pool",
    ("PgCat", "users"): "a PgCat user",
    ("PgCat", "shards"): "a PgCat shard",
    ("Odyssey", "listen"): "Odyssey's `listen`",
    ("Odyssey", "storage"): "an Odyssey storage",
    ("Odyssey", "route"): "an Odyssey user",
    ("Odyssey", "shared_pool"): "an Odyssey pool",
}
_HOMES = {
    ("PgBouncer", "pgbouncer"): "`[pgbouncer]`",
    ("PgBouncer", "databases"): "an entry of `[databases]`",
    ("PgBouncer", "users"): "an entry of `[users]`",
    ("PgBouncer", "peers"): "an entry of `[peers]`",
    ("PgCat", "general"): "`[general]`",
    ("PostgreSQL", ""): "postgresql.conf",
    ("PostgreSQL", "cloud"): "the service's PostgreSQL",
    ("PostgreSQL", "sql"): "a role or a database",
}
# These start with a name they do not know, and pass over it.
_PASSING = ("PgCat", "Pgpool-II")


def place(setting: Setting) -> Span:
    """Return the place of the name in a file; of a setting of a deployment the whole of it."""
    if setting.span == setting.value_span:
        return setting.span
    start = setting.span.start
    return Span.at(setting.span.path, start.line, start.column, len(setting.name))


def owner(setting: Setting) -> str:
    """Return what it is a setting of: "PgBouncer", "a PgBouncer database"."""
    return _OWNERS.get((setting.program, setting.section), setting.program)


def home(setting: Setting) -> str:
    """Return the part of a file it stands in: "an entry of `[databases]`"."""
    return _HOMES.get((setting.program, setting.section), owner(setting))


def passed_over(setting: Setting) -> bool:
    """Tell whether the program starts with a name it does not know, as if it were not there."""
    return setting.program in _PASSING
