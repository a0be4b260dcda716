"""What is true of Python code: functions, pools, statements, and how often they run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from poollint.facts.connections import Acquisition, Concurrency, Hold, Nested, Shared
from poollint.facts.forking import Inherited
from poollint.model.figure import Figure, Word
from poollint.model.finding import Step
from poollint.model.source import Span


class Rate(Enum):
    """How often a function runs; the value completes "for each …"."""

    REQUEST = "request"
    EVENT = "event"
    TASK = "task"
    CALL = "call"  # of a tool, by the model of an agent: how often is not told
    ITEM = "item"
    FIELD = "field"
    TICK = "tick"
    RERUN = "rerun"
    CLICK = "click"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Why a function runs again and again: the framework's doing.

    `chain` goes from the entry point (its decorator or registration) to this function.
    `concurrency` is how two such calls run at the same time; None where they do not, or nothing
    is known of it. `seconds` lie between two ticks; None where that is not told.
    """

    rate: Rate
    framework: str
    chain: tuple[Step, ...]
    concurrency: Concurrency | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """One setting of a pool, driver or engine, by its role in the catalog ("max_size").

    `figure` is the number where it is one; `variable` the environment variable it is read
    from, if any (then `figure` is the default given in the code, or None); `formula` what it
    comes to where variables are set, if it is not that of `variable` as it stands (postfix, see
    `poollint.reading.naming.values.arithmetic`). `boundless` tells
    that the value stands for no bound (`max_overflow=-1`); `truth` is its truth value where it
    is a constant.
    """

    role: str
    name: str
    span: Span
    figure: Figure | None = None
    variable: str = ""
    boundless: bool = False
    truth: bool | None = None
    formula: tuple[str, ...] = ()


CALLED = "kept for as long as the process, if that calls its function"
KEYED = "lazily built for each key"  # how many keys there are is not known


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool or engine that is built here.

    span       the call that builds it
    driver     the driver's id in the catalog
    call       the call as written ("create_engine")
    arguments  what it is told, by role
    defaults   what it does where it is not told, by role: documented defaults; a figure without
               an upper end where nothing bounds it. A health check is 1 or 0
    eager      it opens `min_size` connections at once
    pooled     False for a class that keeps no connection (`NullPool`), or may be one;
               `sometimes` where it keeps them in another branch of the code
    queued     False where nobody ever waits for a connection: it keeps none, it has one for all
               (`StaticPool`) or one for each thread (`SingletonThreadPool`)
    once       why it is built only once though it stands in a function ("lru_cache", "lazily
               built global"); "" where nothing says so
    function   qualified name of the enclosing function, "" at import
    url        the database URL it is given, as far as it is known; an environment variable's
               name in `variable`, and in `instead` those that count where that is not set
    aside      it is built for a test, a migration, an example or a script
    left_open  its function keeps it for itself, and ends without closing it
    strict     building it raises where `min_size` is above `max_size`
    asks       names of the options in the URL that it is given as a text
    fallback   the other database ("mysql") that the URL is for unless the environment says one
    single     it is no pool: one session that the code opens by itself, each time
    several    it is one of those that a loop builds, one in each turn
    """

    span: Span
    driver: str
    call: str
    arguments: tuple[Argument, ...]
    defaults: tuple[Figure, ...]
    eager: bool
    pooled: bool
    once: str
    function: str
    url: Word | None = None
    variable: str = ""
    aside: bool = False
    left_open: bool = False
    strict: bool = False
    asks: tuple[str, ...] = ()
    queued: bool = True
    fallback: str = ""
    sometimes: bool = False
    single: bool = False
    several: bool = False
    instead: tuple[str, ...] = ()

    def argument(self, role: str) -> Argument | None:
        """Return the argument of `role`, None where the code does not give it."""
        return next((a for a in self.arguments if a.role == role), None)

    def figure(self, role: str) -> Figure | None:
        """Return the number that holds for `role`, told or by default; None where not known."""
        argument = self.argument(role)
        if argument is not None:
            return argument.figure
        return next((figure for figure in self.defaults if figure.name == role), None)

    def boundless(self, role: str) -> bool:
        """Tell whether nothing bounds `role`, be it told so or by default."""
        argument = self.argument(role)
        if argument is not None:
            return argument.boundless
        figure = self.figure(role)
        return figure is not None and figure.high is None


class Effect(Enum):
    """What a statement, or a driver by itself, does to the session it runs in."""

    SET = "set"
    OUTSIDE_TRANSACTION = "outside-transaction"  # does nothing: it ends with its transaction
    ADVISORY_LOCK = "advisory-lock"
    LISTEN = "listen"
    PREPARE = "prepare"
    TEMP_TABLE = "temp-table"
    HOLD_CURSOR = "hold-cursor"
    SERVER_CURSOR = "server-cursor"  # a driver's cursor that goes on behind its transaction
    NAMED_STATEMENTS = "named-statements"  # a driver prepares what it runs under a name
    STARTUP = "startup"  # a parameter that the connection begins with
    TRANSACTION = "transaction"  # a transaction block
    URL_OPTION = "url-option"  # options of its URL that the driver does not know


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a statement goes, as far as the files tell.

    `mode` is the pooler's pool mode ("transaction"); its origin is the line that says so.
    `pooler` names the product ("PgBouncer"), `version` its version where it is known.

    tracked   the parameters it restores for each client
    prepared  how many of a driver's named statements it follows for each client; None unknown
    ignored   the startup parameters it throws away, a list with commas; None unknown
    accepted  the startup parameters it takes and keeps for the client
    options   it looks into what libpq's `options` holds; None unknown
    cleaned   each session is emptied before another client gets it: what is lost leaks to nobody
    """

    pooler: str
    mode: Word
    version: str = ""
    tracked: tuple[str, ...] = ()
    prepared: Figure | None = None
    ignored: Word | None = None
    accepted: tuple[str, ...] = ()
    options: bool | None = None
    cleaned: bool = False


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL database that the settings of a project name, and where it leads.

    `alias` is what the code calls it ("default"); `url` and `variable` are as of a `Statement`.
    `copies` is the alias whose settings, of another file perhaps, it has but where it says others.
    """

    alias: str
    span: Span
    url: Word | None = None
    variable: str = ""
    copies: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, or a call of a driver, that leaves something behind in its session.

    `subject` is the parameter, channel, lock or table it names, "" where it is computed.
    `text` is the head of the statement as written, for messages; values are not part of it. Of
    a driver's doing it is the driver ("asyncpg"), of a startup parameter how it is given
    ("options").
    `endpoint` is None where it is unknown: rules are silent then. `url` is where its connection
    leads ("postgresql://host:5432/name", without user and password) and `variable` the
    environment variable that says so, as far as the file tells.

    hook      what registers the function it stands in to run for each new connection; None
              where nothing does
    help      what works instead with this driver, an instruction; "" where the effect tells
    failure   what the server or the driver answers where the state is missing, "" nothing
    dialect   what its URL names if it is true ("asyncpg"); "" where that needs no URL
    unless    words, one of which, set to True in any file, makes it untrue; "" none
    alias     the `Database` it goes to, "*" for any of them; "" where it is none of these
    migration what a migration runs it in: one "transaction" for all, "autocommit"; "" in none
    """

    effect: Effect
    text: str
    subject: str
    span: Span
    function: str
    endpoint: Endpoint | None = None
    url: Word | None = None
    variable: str = ""
    hook: Step | None = None
    help: str = ""
    failure: str = ""
    dialect: str = ""
    unless: str = ""
    alias: str = ""
    migration: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function, a method, or (`name` "") the statements a module runs when imported.

    `name` is qualified within the module ("Repo.fetch"). `once` is why it runs only once per
    process although a framework calls it (a lifespan, a start-up hook), "" otherwise. `idle` are
    the transactions it leaves open on connections of its own while it waits, `shared` the
    connections it uses that others use too, `unclosed` the pools that other functions build for it
    and it leaves open.
    """

    name: str
    span: Span
    is_async: bool
    acquisitions: tuple[Acquisition, ...]
    pools: tuple[Pool, ...]
    recurrence: Recurrence | None = None
    once: str = ""
    holds: tuple[Hold, ...] = ()
    nested: tuple[Nested, ...] = ()
    idle: tuple[Hold, ...] = ()
    shared: tuple[Shared, ...] = ()
    unclosed: tuple[Pool, ...] = ()


FOREVER = ""
SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Reached:
    """Why a function runs again and again, or (a string) only once, as its callers tell.

    `FOREVER` is said of one that a loop calls which only ends with its program, `SCRIPT` of one
    that nothing but scripts call.
    """

    path: str
    function: str
    why: Recurrence | str


@dataclass(frozen=True, slots=True)
class Module:
    """The facts of one Python file; a pure function of its bytes, the catalog and settings.

    `drivers` holds the catalog ids of the drivers it imports, `offers` its names that mean a
    pool, a session or a connection to other files that import them. `serverless` is its handler
    where that runs for one event at a time in an instance that is frozen between two; the label
    names the platform. `inherited` are the sessions open when the file itself forks processes,
    `databases` those that a settings file names. `others` tells that the application builds
    engines of other databases than PostgreSQL there. `singles` are the sessions that it opens by
    themselves, `once` said of those that last.
    """

    path: str
    drivers: tuple[str, ...]
    functions: tuple[Function, ...]
    statements: tuple[Statement, ...]
    offers: tuple[str, ...] = ()
    serverless: Step | None = None
    inherited: tuple[Inherited, ...] = ()
    databases: tuple[Database, ...] = ()
    others: bool = False
    singles: tuple[Pool, ...] = ()

    @property
    def says_something(self) -> bool:
        """Tell whether the file has anything to do with a database."""
        told = self.functions or self.statements or self.offers or self.databases
        return bool(told or self.others)

    @property
    def only_begins(self) -> bool:
        """Tell whether all that is asked of sessions are transactions, in functions of the file."""
        effects = {statement.effect for statement in self.statements}
        inside = all(statement.function for statement in self.statements)
        inside = inside and all(pool.function for pool in self.pools)
        return effects <= {Effect.TRANSACTION} and inside and all(f.name for f in self.functions)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Return every pool the file builds."""
        return tuple(pool for function in self.functions for pool in function.pools)
