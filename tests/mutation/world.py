"""A world without a database, in which code can be run and its connections counted.

Every import is answered with a `Thing`, which takes any call, attribute, index, `with`, `for` or
`await`. A few things know what a driver does: what takes a connection, and what gives it back.
Each call of a thing is an event, and the world lets the event of a chosen number raise.
"""

from __future__ import annotations

import builtins
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

# Modules of the standard library that are what they are; all others are things.
REAL = frozenset(
    """__future__ abc collections contextlib dataclasses datetime decimal enum functools itertools
    operator re types typing uuid weakref""".split()
)
ENDLESS = 100  # events after which a run is given up


class FakeError(Exception):
    """What a thing raises."""


class EndlessError(BaseException):
    """The run does not end."""


def _exception(name: str) -> type[BaseException]:
    known = {**vars(builtins), "CancelledError": CancelledError}.get(name)
    return known or type(name, (FakeError,), {})


class World:
    """What one run sees: which event raises, how conditions turn out, which connections are out."""

    def __init__(
        self,
        raising: tuple[str, ...],
        executed: Callable[[str], dict[str, Any] | None] = lambda name: None,
    ) -> None:
        """Take the names that the code catches or raises, and that are no built-ins.

        `executed` gives the names of a module of the project, None where it has no such module.
        """
        self._executed = executed
        self.out: set[object] = set()
        self.events = 0
        self.fails = -1
        self.error: type[BaseException] = FakeError
        self.answer = True
        self.unlikely = False
        self._errors = {name: _exception(name) for name in raising}

    def begin(self, fails: int, error: type[BaseException], answer: bool, unlikely: bool) -> None:
        """Begin a run in which event `fails` raises `error`."""
        self.out.clear()
        self.events = 0
        self.fails, self.error, self.answer, self.unlikely = fails, error, answer, unlikely

    def event(self) -> None:
        """Something happens that may fail."""
        self.events += 1
        if self.events > ENDLESS:
            raise EndlessError
        if self.events - 1 == self.fails:
            raise self.error("injected")

    def imported(self, name: str, *rest: Any) -> Any:
        """Stand in for `__import__`."""
        root = name.partition(".")[0]
        fromlist, level = rest[2] if len(rest) > 2 else (), rest[3] if len(rest) > 3 else 0
        above = rest[0]["__name__"].split(".")[:-level] if level else []
        full = ".".join([*above, *([name] if name else [])])
        own = self.own(full if fromlist else root)
        if own is not None:
            return own
        if root == "asyncio" and not level:
            return self._asyncio()
        if root in REAL and not level:
            return builtins.__import__(name, *rest)
        return Thing(self, name if fromlist else root)

    def own(self, name: str) -> Own | None:
        """Return a module or a package of the project, None where it has none of that name."""
        names = self._executed(name)
        return Own(self, name, names) if names is not None else None

    def named(self, name: str) -> type[BaseException] | None:
        """Return the exception of that name, if the code catches or raises one."""
        return self._errors.get(name)

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """Return the exceptions that the code knows, and one that it does not."""
        named = [error for error in self._errors.values() if issubclass(error, Exception)]
        return (FakeError, *named[:2], CancelledError)

    def _asyncio(self) -> Asyncio:
        return Asyncio(self, "asyncio")


class Thing:
    """Anything; `path` says where it comes from ("psycopg2.pool.SimpleConnectionPool")."""

    def __init__(self, world: World, path: str) -> None:
        self._world, self._path = world, path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._world.named(name) or Thing(self._world, f"{self._path}.{name}")

    def __call__(self, *_: Any, **words: Any) -> Any:
        made = MAKING.get(self._path.replace(".ext.asyncio", "").replace(".orm", ""))
        if made is not None:
            return made(self._world, words)
        if not self._path.startswith(("logging", "log")):
            self._world.event()
        return Thing(self._world, f"{self._path}()")

    def __await__(self) -> Generator[None, None, Any]:
        return self
        yield

    def __mro_entries__(self, _: object) -> tuple[type, ...]:
        return ()

    def __iter__(self) -> Iterator[Any]:
        yield Thing(self._world, "item")

    async def __aiter__(self) -> AsyncIterator[Any]:
        yield Thing(self._world, "item")

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    async def __aenter__(self) -> Any:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        return self.__exit__()

    def __getitem__(self, _: object) -> Any:
        return self

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __bool__(self) -> bool:
        return self._world.answer

    def _asked(self, _: object) -> bool:
        return self._world.answer

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _asked
    __hash__ = object.__hash__

    def __contains__(self, _: object) -> bool:
        return self._world.answer

    def _same(self, *_: object) -> Thing:
        return self

    __or__ = __ror__ = __add__ = __radd__ = __sub__ = __mod__ = __mul__ = _same
    __neg__ = __rmul__ = __truediv__ = _same

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __len__(self) -> int:
        return 1


class Own(Thing):
    """A module of the project: what it has is what its code made."""

    def __init__(self, world: World, name: str, names: dict[str, Any]) -> None:
        super().__init__(world, name)
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name in self._names:
            return self._names[name]
        return self._world.own(f"{self._path}.{name}") or super().__getattr__(name)


class Asyncio(Thing):
    """asyncio without tasks and clock: what is waited for is run at once."""

    def __getattr__(self, name: str) -> Any:
        if name in ("wait_for", "shield"):
            return self._driven
        return super().__getattr__(name)

    async def _driven(self, waited: Any, *_: object, **__: object) -> Any:
        return await waited


class Connection(Thing):
    """A connection that is out from the moment it is made.

    released  the methods that give it back
    leaving   whether leaving a `with` on it gives it back
    waited    its release is a coroutine, which does nothing until it is awaited
    """

    def __init__(self, world: World, released: str, leaving: bool, waited: bool = False) -> None:
        super().__init__(world, "connection")
        self._released, self._leaving, self._waited = released.split(), leaving, waited
        world.event()
        world.out.add(self)

    def __getattr__(self, name: str) -> Any:
        if name in self._released:
            return self._given_back(self._waited and name != "terminate")
        return super().__getattr__(name)

    def give_back(self) -> None:
        """Be no longer out."""
        self._world.out.discard(self)

    def _given_back(self, waited: bool) -> Callable[..., Any]:
        async def later(*_: object, **__: object) -> None:
            self.give_back()

        return later if waited else lambda *_, **__: self.give_back()

    def __exit__(self, *_: object) -> None:
        if self._leaving:
            self.give_back()


class Session(Thing):
    """A session: its connection is out from its first use to its end, or its transaction's."""

    def __init__(self, world: World, waited: bool) -> None:
        super().__init__(world, "session")
        self._waited = waited

    def __getattr__(self, name: str) -> Any:
        if name in ("add", "add_all", "begin", "expunge", "bind", "info"):
            return super().__getattr__(name) if name != "begin" else self._begin
        return self._later(name) if self._waited else lambda *_, **__: self._do(name)

    def _later(self, name: str) -> Callable[..., Any]:
        async def later(*_: object, **__: object) -> Any:
            return self._do(name)

        return later

    def _do(self, name: str) -> Any:
        if name in ("close", "remove", "rollback", "invalidate"):
            self._world.out.discard(self)
            return None
        self._world.out.add(self)
        self._world.event()
        if name == "commit":
            self._world.out.discard(self)
        return Thing(self._world, f"result.{name}")

    def _begin(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._world.out.discard(self)


class Pool(Thing):
    """A pool; `lend` makes a connection of it."""

    def __init__(self, world: World, lend: Callable[[], Connection], waited: bool = False) -> None:
        super().__init__(world, "pool")
        self._lend, self._waited = lend, waited

    def __getattr__(self, name: str) -> Any:
        if name in ("getconn", "acquire", "connect", "connection", "begin", "raw_connection"):
            return lambda *_, **__: (
                Lending(self._world, self._lend, name)
                if (self._waited or name in ("connection", "begin"))
                else self._lend()
            )
        if name in ("putconn", "release"):
            return self._taken_back
        return super().__getattr__(name)

    def _taken_back(self, conn: Connection, *_: object, **__: object) -> Any:
        async def later() -> None:
            conn.give_back()

        return later() if self._waited else conn.give_back()


class Lending(Thing):
    """What `pool.acquire()` returns: awaited it lends; as a block it lends and takes back."""

    def __init__(self, world: World, lend: Callable[[], Connection], name: str) -> None:
        super().__init__(world, "lending")
        self._lend, self._name = lend, name
        self._lent: list[Connection] = []

    def __await__(self) -> Generator[None, None, Any]:
        return self._lend()
        yield

    def __enter__(self) -> Any:
        self._lent.append(self._lend())
        return self._lent[-1]

    def __exit__(self, *_: object) -> None:
        if self._lent:
            self._lent.pop().give_back()


def _coroutine(made: Callable[[], Any]) -> Any:
    """Return what makes something once it is awaited, or as a block."""

    async def later() -> Any:
        return made()

    return later()


def _returning(words: dict[str, Any]) -> str:
    return "close" if words.get("close_returns") else ""


Making = Callable[[World, dict[str, Any]], Any]
MAKING: dict[str, Making] = {
    "psycopg2.connect": lambda w, _: Connection(w, "close", False),
    "psycopg.connect": lambda w, _: Connection(w, "close", True),
    "psycopg.Connection.connect": lambda w, _: Connection(w, "close", True),
    "psycopg.AsyncConnection.connect": lambda w, _: _coroutine(
        lambda: Connection(w, "close", True, True)
    ),
    "asyncpg.connect": lambda w, _: _coroutine(
        lambda: Connection(w, "close terminate", False, True)
    ),
    "psycopg_pool.ConnectionPool": lambda w, words: Pool(
        w, lambda: Connection(w, _returning(words), bool(_returning(words)))
    ),
    "psycopg_pool.NullConnectionPool": lambda w, _: Pool(w, lambda: Connection(w, "", False)),
    "psycopg_pool.AsyncConnectionPool": lambda w, _: Pool(
        w, lambda: Connection(w, "", False, True), True
    ),
    "asyncpg.Pool": lambda w, _: Pool(
        w, lambda: Connection(w, "close terminate", False, True), True
    ),
    "sqlalchemy.create_engine": lambda w, _: Pool(w, lambda: Connection(w, "close", True)),
    "sqlalchemy.create_async_engine": lambda w, _: Pool(
        w, lambda: Connection(w, "close", True, True), True
    ),
    "sqlalchemy.Session": lambda w, _: Session(w, False),
    "sqlalchemy.AsyncSession": lambda w, _: Session(w, True),
    "sqlalchemy.sessionmaker": lambda w, _: _factory(w, False),
    "sqlalchemy.async_sessionmaker": lambda w, _: _factory(w, True),
}
MAKING["asyncpg.create_pool"] = MAKING["asyncpg.Pool"]
MAKING["sqlalchemy.Engine"] = MAKING["sqlalchemy.create_engine"]
MAKING["sqlalchemy.AsyncEngine"] = MAKING["sqlalchemy.create_async_engine"]
for _name in ("AbstractConnectionPool", "SimpleConnectionPool", "ThreadedConnectionPool"):
    MAKING[f"psycopg2.pool.{_name}"] = lambda w, _: Pool(w, lambda: Connection(w, "", False))


def _factory(world: World, waited: bool) -> Any:
    def made(*_: object, **__: object) -> Session:
        return Session(world, waited)

    made.begin = made  # type: ignore[attr-defined]
    return made


def namespace(world: World, path: str) -> dict[str, Any]:
    """Return the globals in which a module runs in `world`."""
    inside = dict(vars(builtins)) | {"__import__": world.imported, "open": Thing(world, "open")}
    inside |= {"print": lambda *_, **__: None, "input": Thing(world, "input")}
    return {
        "__builtins__": inside,
        "__name__": path,
        "unlikely": lambda: world.unlikely,
        "work": Thing(world, "work"),
    }
