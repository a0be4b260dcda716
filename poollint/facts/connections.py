"""Connections that a function takes, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from poollint.model.finding import Confidence, Step
from poollint.model.source import Span


class Taking(Enum):
    """How a connection comes to a function."""

    CONNECT = "connect"  # a server session of its own
    ACQUIRE = "acquire"  # out of a pool or engine, to be given back
    SESSION = "session"  # an ORM session, which takes a connection when it is first used
    TRANSACTION = "transaction"  # a block that is one on the thread's own connection


class Escape(Enum):
    """How a function ends with the connection still taken."""

    NEVER = "never"  # no path gives it back
    EXIT = "exit"  # a path that ends normally does not
    RAISE = "raise"  # only when something raises
    CANCEL = "cancel"  # only when the task is cancelled
    REBOUND = "rebound"  # its name is given to another before it is given back
    FALSE_RELEASE = "false-release"  # what looks like giving it back is none
    TWICE = "twice"  # it is given back once more, when somebody else may have it


@dataclass(frozen=True, slots=True)
class Leak:
    """A way out of the function with the connection still taken.

    `steps` begins where it is taken and ends where the function is left. `handed`: on other ways
    the function returns it or leaves it to an object, and must not close it there. `exit` is the
    method that has to give it back where a `with` takes it by entering an object ("__exit__").
    `served` is the confidence where the function turns out to be called by more than a script.
    """

    escape: Escape
    steps: tuple[Step, ...]
    confidence: Confidence
    handed: bool = False
    exit: str = ""
    served: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Acquisition:
    """A connection that this function takes.

    span     the call that takes it
    driver   the driver's id in the catalog ("psycopg2"), `call` its qualified name
    target   the name it is bound to here, "" where it has none
    release  how this driver gives it back, in the user's own names ("pool.putconn(conn)")
    guard    what a `with` would have to hold ("closing(connect(…))", "pool.connection()");
             "" where the driver has no such form
    note     what is peculiar to this driver and call, from the catalog
    leak     the worst way it is lost; None where every path gives it back or hands it on
    once     why it is taken only once though its function may run often ("lazily built
             global"), "" where nothing says so
    through  the function of this module that takes it and returns it to this one (qualified
             name), "" where the call itself takes it
    first_use  it is taken by an object that the function makes, when that is first used
    discarded  the call that ends its server session each time, so that the pool opens another
    """

    span: Span
    taking: Taking
    driver: str
    call: str
    target: str
    release: str
    guard: str
    note: str = ""
    leak: Leak | None = None
    once: str = ""
    through: str = ""
    first_use: bool = False
    discarded: Span | None = None


class Wait(Enum):
    """What a call waits for outside the database; the value completes "the function …"."""

    HTTP = "waits for an HTTP answer"
    MODEL = "waits for a language model"
    CLOUD = "waits for a cloud service"
    MAIL = "waits for a mail server"
    HOST = "waits for another host"
    SLEEP = "sleeps"
    PROCESS = "waits for a process"
    MESSAGE = "waits for a message"
    TASK = "waits for another task"
    PERSON = "waits for a person"
    EVENTS = "sends events as they come"


@dataclass(frozen=True, slots=True)
class Hold:
    """A connection stays taken while the function waits for something else.

    held         how it is taken
    wait, call   what is waited for, by which call of this function, as written ("requests.post");
                 `span` where it stands
    steps        from where it is taken, past the wait, to where it is given back
    others       further calls that wait during the same hold
    transaction  a transaction is certainly open meanwhile
    injected     the session is handed to the function, and closed by who hands it in
    repeated     it waits again and again, in a `while` loop
    quiet        nobody waits for the connection: a test, a migration, a script; or it is taken
                 only where a cache that is asked first has no answer
    streamed     it waits after the function has ended, while the response is streamed
    ending       it is quiet only because a script runs the function, and others may
    anew         of what is `streamed`: how the stream takes a connection by itself before it
                 waits, whether the session was closed before or not; nothing where it does not
    """

    held: Acquisition
    wait: Wait
    call: str
    span: Span
    steps: tuple[Step, ...]
    others: tuple[Span, ...] = ()
    transaction: bool = False
    injected: bool = False
    repeated: bool = False
    quiet: bool = False
    streamed: bool = False
    ending: bool = False
    anew: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Nested:
    """A second connection is taken from a pool while the first is held.

    outer  the first; `pool` what both come from, as written ("self.pool")
    span   where this function takes the second, or calls what does
    built  the call that builds the pool, None where it is not known; `size` is how many it
           lends at once, 0 where no file says so
    count  how many the function holds then, the second included
    steps  from where the first is taken to where the second is
    quiet  nobody else uses the pool: a test, a migration, a script
    handed the first is a session that is handed in, of a pool that is not known: it is that of
           the second where the project builds no other
    """

    outer: Acquisition
    span: Span
    pool: str
    built: Span | None
    count: int
    steps: tuple[Step, ...]
    quiet: bool = False
    size: int = 0
    handed: bool = False


class Concurrency(Enum):
    """What runs at the same time."""

    TASKS = "tasks"
    THREADS = "threads"
    SERVED = "served"  # threads, where the server it is run by has several


@dataclass(frozen=True, slots=True)
class Shared:
    """One connection or session is used by several threads or tasks at the same time.

    span      where the function uses it, or starts what does
    target    how it is called there, as written ("conn", "db.conn")
    driver    the driver's id in the catalog, `role` "connection", "session" or "cursor"
    harm      what comes of it, a word of the catalog's; `instead` what to use instead
    is_async  its methods are awaited
    made      where it is made, None where that is not in the function's sight
    holder    the function of the same file around this one whose name holds it: each call of that
              makes one; "" for none
    steps     from where it is made to where it is used
    at_once   how this function itself has it used several times at once; None for one that
              outlives the function: then what matters is how calls of the function run
    ends      a transaction is begun or ended on it
    alone     each statement is a transaction of its own: it is set to autocommit
    quiet     it is used in a test
    settled   the function, or one of its file that calls it, says that it commits or rolls back
    """

    span: Span
    target: str
    driver: str
    role: str
    harm: str
    instead: str
    is_async: bool
    made: Span | None
    steps: tuple[Step, ...]
    at_once: Concurrency | None = None
    ends: bool = False
    alone: bool = False
    quiet: bool = False
    settled: bool = False
    holder: str = ""
