"""Playing a row: two clients, a session each or a pooler between, and what comes of it.

The clients speak through libpq itself, so that no driver adds anything.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest

from tests.lab.pool_modes.stage import DIRECT, Stage

pq: Any = pytest.importorskip("psycopg").pq

STUCK = "55P03"  # lock_not_available, after lock_timeout
_PATIENCE = 10.0
_DELIVERY = 0.3  # seconds in which a notification comes, if it does


class Verdict(Enum):
    """What a pooler made of a row, against a session of its own for each client."""

    WORKS = "works"
    NO_EFFECT = "no effect"  # A gets what B gets, who did nothing, pooler or not
    LOST = "lost"  # A gets something else
    LEAKED = "leaked"  # B, or who asks past the pooler, does
    BOTH = "lost+leaked"
    ERROR = "error"  # A or B gets an error
    STUCK = "stuck"  # waits for a lock that a session of its own would have

    @property
    def breaks(self) -> bool:
        """Tell whether the pooler made a difference."""
        return self not in (Verdict.WORKS, Verdict.NO_EFFECT)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its name, the steps, and what its clients and its pooler are."""

    name: str
    steps: tuple[str, ...]
    asked: bool = False  # both are asked the same at last
    at: Mapping[str, str] = field(default_factory=dict)
    user: str = "postgres"
    ini: Mapping[str, str] = field(default_factory=dict)


def row(data: Mapping[str, Any]) -> Row:
    """Return a row of the data file, its short form written out."""
    steps = data.get("steps")
    if steps is None:
        ask = data["ask"]
        steps = [*(f"A: {d}" for d in data["does"]), "hold", f"A: {ask}", "free", f"B: {ask}"]
    return Row(
        data["name"], tuple(steps), "ask" in data, data.get("at", {}), data.get("user", "postgres"),
        data.get("ini", {}),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client got at a step: rows, "ERROR 42P01", notifications."""

    step: str
    said: tuple[Any, ...]

    @property
    def error(self) -> str:
        """Return the SQLSTATE of the error it is, "" where it is none."""
        return str(self.said[0])[6:] if str(self.said[:1]).startswith("('ERROR ") else ""


def verdict(row: Row, own: tuple[Reply, ...], through: tuple[Reply, ...]) -> Verdict:
    """Return what differs between a play in sessions of their own and one through a pooler."""
    other = [b for a, b in zip(own, through, strict=True) if a.said != b.said]
    if not other:
        _, first, _, second = own[-4:] if row.asked else (None,) * 4
        nothing = first is not None and second is not None and first.said == second.said
        return Verdict.NO_EFFECT if nothing else Verdict.WORKS
    if any(reply.error == STUCK for reply in other):
        return Verdict.STUCK
    lost = any(reply.step.startswith("A") for reply in other)
    leaked = any(not reply.step.startswith("A") for reply in other)
    if lost and leaked:
        return Verdict.BOTH
    if any(reply.error for reply in other):
        return Verdict.ERROR
    return Verdict.LOST if lost else Verdict.LEAKED


def play(row: Row, stage: Stage, alias: str, server: Stage, database: str) -> tuple[Reply, ...]:
    """Return the replies of a row's steps, through `stage` or (the same as `server`) past it.

    Raises `RuntimeError` where the lab itself does not do what it should.
    """
    with ExitStack() as clients:
        third = clients.enter_context(_client(server, database, "postgres", {}))
        first = clients.enter_context(_client(stage, alias, row.user, row.at))
        second = clients.enter_context(_client(stage, alias, row.user, {}))
        scene = _Scene(
            {"A": first, "B": second, "D": third},
            {"db": database, "socket": server.socket},
            lambda: clients.enter_context(_client(stage, alias, row.user, row.at)),
        )
        if stage is not server:
            scene.open_both()
        replies = tuple(scene.step(step) for step in row.steps)
        scene.clear()
    return replies


@contextmanager
def _client(stage: Stage, database: str, user: str, at: Mapping[str, str]) -> Iterator[Any]:
    known = {"host": stage.socket, "port": str(stage.port), "dbname": database, "user": user}
    words = [f"{k}={_quoted(v)}" for k, v in {**known, **at}.items()]
    conn = pq.PGconn.connect(" ".join(words).encode())
    try:
        yield conn
    finally:
        conn.finish()


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class _Scene:
    def __init__(
        self, clients: dict[str, Any], names: dict[str, str], again: Callable[[], Any]
    ) -> None:
        self._clients = clients
        self._names = names
        self._again = again

    def open_both(self) -> None:
        """Have both connections of the pool opened: B's is the one A gets next."""
        self._hold()
        self._say("A", "SELECT 1")
        self._free()

    def step(self, step: str) -> Reply:
        who, _, sql = step.partition(": ")
        if step == "hold":
            return Reply(step, self._hold())
        if step == "free":
            return Reply(step, self._free())
        if step == "A leaves":
            self._clients["A"].finish()
            return Reply(step, ())
        if step == "A returns":
            time.sleep(_DELIVERY)  # the pooler empties the session first
            self._clients["A"] = self._again()
            return Reply(step, ())
        if step.endswith(" hears"):
            return Reply(step, self._heard(step[0]))
        kept = re.match(r"\$(\w+) = ", sql)
        for name, value in self._names.items():
            sql = sql.replace(f"${name}", value)
        said = self._say(who, sql.split(" = ", 1)[1] if kept else sql)
        if kept and said and isinstance(said[0], tuple):
            self._names[kept[1]] = str(said[0][0])
            said = ()
        return Reply(step, said)

    def clear(self) -> None:
        """Close the sessions that the row leaves behind, the pooler's too."""
        for who in "AB":
            self._clients[who].finish()
        self._say(
            "D",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )

    def _say(self, who: str, sql: str) -> tuple[Any, ...]:
        conn = self._clients[who]
        if conn.status != pq.ConnStatus.OK:
            return ("ERROR of the connection",)
        return _said(conn.exec_(sql.encode()))

    def _hold(self) -> tuple[Any, ...]:
        self._say("D", "SELECT pg_advisory_lock(1, 1)")
        self._clients["B"].send_query(b"SELECT public.hold()")
        deadline = time.monotonic() + _PATIENCE
        while self._say("D", "SELECT public.holding()") != (("1",),):
            if time.monotonic() > deadline:
                raise RuntimeError("client B does not get a session to hold")
            time.sleep(0.001)
        return ()

    def _free(self) -> tuple[Any, ...]:
        self._say("D", "SELECT pg_advisory_unlock(1, 1)")
        said: tuple[Any, ...] = ()
        while (result := self._clients["B"].get_result()) is not None:
            said += _said(result)
        return said

    def _heard(self, who: str) -> tuple[Any, ...]:
        conn = self._clients[who]
        heard: list[tuple[str, str]] = []
        deadline = time.monotonic() + _DELIVERY
        while not heard and time.monotonic() < deadline:
            conn.consume_input()
            time.sleep(0.005)
            while (notify := conn.notifies()) is not None:
                heard.append((notify.relname.decode(), notify.extra.decode()))
        return tuple(heard)


def _said(result: Any) -> tuple[Any, ...]:
    if result.status == pq.ExecStatus.FATAL_ERROR:
        code = result.error_field(pq.DiagnosticField.SQLSTATE) or b"without a code"
        return (f"ERROR {code.decode()}",)
    return tuple(
        tuple(_text(result.get_value(i, j)) for j in range(result.nfields))
        for i in range(result.ntuples)
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def measured(row: Row, stage: Stage, server: Stage, mode: str) -> tuple[Reply, ...]:
    """Return the replies of a row in a mode, or in sessions of their own (`DIRECT`)."""
    if mode == DIRECT:
        return play(row, server, mode, server, mode)
    return play(row, stage, alias(row, mode), server, mode)


def alias(row: Row, mode: str) -> str:
    """Return the name of the pool that a row has to itself in a mode."""
    return f"{slug(row)[:40]}_{mode}"  # names are of 63 characters at most


def slug(row: Row) -> str:
    """Return a row's name as a file's or a database's."""
    return re.sub(r"[^a-z0-9]+", "_", row.name.lower()).strip("_")
