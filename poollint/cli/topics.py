"""Pages of `poollint explain` about settings. Each TOML block is a settings file by itself."""

DRIVERS = """Packages of your own that connect to PostgreSQL: `[tool.poollint.drivers]`.

A function or pool of your company's lies in a package that is in no file of the project, so
poollint cannot see what it does. A table for the package says so, in the words of the catalog;
the same facts and rules then follow as for psycopg2 or asyncpg.

```toml
[drivers."acme.db"]
acquire = ["acme.db.get_conn", "acme.db.Pool.take"]
release = ["acme.db.put_conn", "acme.db.Pool.put"]
guard = ["acme.db.connection"]
pool = ["acme.db.Pool"]
defaults = { max_size = 10 }
```

In `pyproject.toml` the table is called `[tool.poollint.drivers."acme.db"]`. The key is the name
by which the package is imported, and every name lies in it. A method is named with its class.

## What a name can be

connect   opens a session of the server: close() ends it
acquire   takes a connection out of a pool
session   opens an ORM session, which takes a connection when it is first used
guard     `with acme.db.connection() as conn:` takes it, and gives it back in the end
release   gives back what it is given; a name without a dot is a method of the connection
pool      makes a pool, and engine an engine; `defaults` says how large it is by default,
          by min_size, max_size, overflow, acquire_timeout, max_lifetime, max_idle, health_check
execute   runs the SQL that is its first argument

Without `release`, close() gives a connection back, and so does leaving a `with`. With it, only
what it names does, beside the library's own ways to end what `connect` and `session` opened.

## Like a library that is known

`like` says which library's connections it hands out, or of which class they are. What the
library is known for, the package then offers by the same names (acme.pg.connect).

```toml
[drivers."acme.pg"]
like = "psycopg2"
connect = ["acme.pg.open"]

[drivers."acme.aio"]
like = "asyncpg.Connection"
acquire = ["acme.aio.get"]
release = ["acme.aio.put"]
```

Or name by name, defaults included:

```toml
[drivers."acme.orm".like]
"acme.orm.Session" = "sqlalchemy.orm.Session"
"acme.orm.Pool" = "psycopg2.pool.ThreadedConnectionPool"
```

## For all who install a package

A package ships these tables as a TOML file, without `tool.poollint`. None of its code is run to
read it: `[project.entry-points."poollint.catalogs"]`, `acme = "acme_poollint:catalog.toml"`.
"""

HANDLERS = """What calls your functions, and how often: `[tool.poollint.handlers]`.

What a framework calls for each request is known for those in the catalog. A decorator or a
base class of your own is named here, under how often it calls:

```toml
[handlers]
request = ["acme.web.endpoint", "acme.web.Resource.get", "acme.web.App.route"]
task = ["acme.jobs.job"]
once = ["acme.web.on_startup"]
```

A name may be a decorator, a function that is given the callable, or a method of a class, named
with the class: one that your classes override, or one of its objects by which functions are
registered. The last parts are enough within the project: `from .web import endpoint` is
`acme.web.endpoint`.

request, event, call, task, item, field, tick, rerun and click are called again and again; once
says that a pool may be built there. `decorators` is another word for `request`.

A package ships this table as it ships drivers: see `poollint explain drivers`.
"""

AUDIT = """Databases that no file of the tree describes: `[tool.poollint.audit]`.

Where the server is somebody else's (RDS, a platform of your company's), no file says how many
connections it accepts, or that a secret leads to it. Say so, and the sum is done:

```toml
[[audit.database]]
name = "orders"
match = ["*.rds.amazonaws.com", "$DATABASE_URL"]
max-connections = 450
reserved = 5

[[audit.external]]
name = "metabase"
database = "orders"
connections = 15
```

`match` are hosts, with `*` for any part, or environment variables that hold an address which no
file states. What runs in the tree under such a name goes first. `reserved` is what the server
keeps back in all, 3 where it is left out. `external` is what connects from outside the tree: it
is counted wherever something of the tree connects to that database.

What runs somewhere, but stands in no file of the tree (a job on another machine, a service that
is deployed by hand), is a workload of its own:

```toml
[[audit.workload]]
name = "importer"
database = "orders"
pool = 15
processes = 4
replicas = 6
environment = "deploy/prod*"
```

It may open 360 connections, the product of its numbers: `pool` is what one process opens, and
`processes` and `replicas` are 1 where they are left out. `database` is one that is declared, or
what the budget calls a server or a pooler of the tree. `environment` is the name of the
environment that it runs in, as the budget shows it, or its folder, with `*` for any part; without
it the workload runs in all of them. One that the tree describes under the same name is not
counted twice, and one whose database nothing is called is told.

What a client has to do, in all of its instances, may be stated, too: how often a second it needs
a connection, and for how many seconds it keeps one (with every round trip and pause between).

```toml
[[audit.load]]
client = "web"
requests-per-second = 400
seconds-held = 0.03
```

The budget then says how many connections that keeps busy on average, the product of both
(Little's law, L = λW), and what share of those it may open. Rates and times vary: state those of
the peak. Nothing is said of clients without a load.

Numbers of what runs in the tree, but stated in no file, are named one by one instead:

```toml
[assume]
"web.replicas" = 6
"web.pool" = { min = 5, max = 15 }
```
"""

TOPICS = {"audit": AUDIT, "drivers": DRIVERS, "handlers": HANDLERS}
