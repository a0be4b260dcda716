"""Small programs of the drivers, run through a pooler, and read by poollint as they stand."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from poollint.engine import session
from poollint.engine.request import Request
from poollint.model.finding import Category
from tests.lab.pool_modes.play import Verdict
from tests.lab.pool_modes.snippets import deploy
from tests.lab.pool_modes.stage import Stage

pq: Any = pytest.importorskip("psycopg").pq

PLACE = "pgbouncer:6432/shop"
IN_PARTS = '"host": "pgbouncer", "port": 6432, "database": "shop"'
_PATIENCE = 10.0
_SETTINGS = """DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "pgbouncer",
        "PORT": "6432",
        "NAME": "shop",
        "USER": "postgres",
        %s
    }
}
"""
_MODELS = """from django.db import models

class Line(models.Model):
    class Meta:
        app_label = "shop"
        db_table = "lines"
        managed = False
"""
# What is left in a session: what another client finds that gets it.
_LEFT = """
SELECT (SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings
        WHERE name NOT LIKE 'transaction%' AND setting IS DISTINCT FROM reset_val),
    current_user, (SELECT count(*) FROM pg_listening_channels()),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
    (SELECT count(*) FROM pg_cursors WHERE is_holdable)
"""


@dataclass(frozen=True, slots=True)
class Script:
    """A program: its text, the settings of its Django project ("" where it is none), other files.

    `beside` are files that it reads or imports, by their paths.
    """

    name: str
    text: str
    settings: str = ""
    beside: tuple[tuple[str, str], ...] = ()

    @property
    def files(self) -> dict[str, str]:
        """Return the project's files."""
        if not self.settings:
            return {"shop.py": self.text, **dict(self.beside)}
        manage = 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
        return {
            "manage.py": manage,
            "shop/__init__.py": "",
            "shop/settings.py": self.settings,
            "shop/models.py": _MODELS,
            "shop/work.py": self.text,
            **dict(self.beside),
        }


def script(data: Mapping[str, Any]) -> Script:
    """Return a script of the data file."""
    django = data.get("django")
    settings = "" if django is None else _SETTINGS % django
    return Script(data["name"], data["text"], settings, tuple(data.get("files", {}).items()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program returned or raised ("ERROR …"), twice, and what it left in the sessions."""

    value: tuple[Any, Any]
    left: tuple[Any, ...]

    @property
    def failed(self) -> bool:
        """Tell whether it raised, the first time or the second."""
        return any(str(value).startswith("ERROR ") for value in self.value)


def verdict(own: Outcome, through: Outcome) -> Verdict:
    """Return what differs between a run with a session of its own and one through a pooler."""
    if through.failed and not own.failed:
        return Verdict.ERROR
    lost, leaked = own.value != through.value, own.left != through.left
    if lost and leaked:
        return Verdict.BOTH
    return Verdict.LOST if lost else Verdict.LEAKED if leaked else Verdict.WORKS


def run(script: Script, stage: Stage, alias: str, server: Stage, database: str) -> Outcome:
    """Return what comes of a script whose connections go to an alias of a pooler."""
    place = f"127.0.0.1:{stage.port}/{alias}"
    with _other(stage, alias, server, database) as other, _written(script, place):
        clean = other.left() if stage is not server else ()
        # A second process does the same: it meets what the first has left.
        value = _value(script, place, other), _value(script, place, other)
        left = other.left() if stage is not server else ()
        other.close_all()
    return Outcome(value, tuple(b for a, b in zip(clean, left, strict=True) if a != b))


def _value(script: Script, place: str, other: _Other) -> Any:
    lab = ModuleType("lab")
    lab.meanwhile = other.meanwhile  # type: ignore[attr-defined]
    lab.notify = other.notify  # type: ignore[attr-defined]
    sys.modules["lab"] = lab
    try:
        # asyncpg counts its statements in the process: each program begins anew.
        setattr(import_module("asyncpg.connection"), "_uid", 0)  # noqa: B010
        if script.settings:
            _django(script, place)
        names: dict[str, Any] = {"__name__": "shop.work", "__file__": os.path.abspath("shop.py")}
        exec(compile(_placed(script.text, place), script.name, "exec"), names)
        work = names["work"]
        if inspect.iscoroutinefunction(work):
            return asyncio.run(asyncio.wait_for(work(), _PATIENCE))
        return work()
    except Exception as error:
        return f"ERROR {type(error).__name__}: {error}"
    finally:
        other.free()


@contextmanager
def _written(script: Script, place: str) -> Iterator[None]:
    """Have the files of a script in the folder that is worked in, while it runs."""
    before, loaded, environment = os.getcwd(), set(sys.modules), dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in script.beside:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_placed(text, place), "utf-8")
        os.chdir(folder)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)
            os.chdir(before)
            os.environ.clear()
            os.environ.update(environment)
            for name in set(sys.modules) - loaded:
                if str(getattr(sys.modules[name], "__file__", "")).startswith(folder):
                    del sys.modules[name]


def _placed(text: str, place: str) -> str:
    """Return a text that connects to a place, be it a URL there or parts of one."""
    address, _, database = place.partition("/")
    host, _, port = address.partition(":")
    parts = f'"host": "{host}", "port": {port}, "database": "{database}"'
    return text.replace(PLACE, place).replace(IN_PARTS, parts)


def _django(script: Script, place: str) -> None:
    """Have Django use the settings of a script, whatever it used before."""
    django: Any = import_module("django")
    settings: Any = import_module("django.conf").settings
    apps: Any = import_module("django.apps").apps
    connections: Any = import_module("django.db").connections
    if not settings.configured:
        settings.configure(DATABASES={}, USE_TZ=True)
    if not apps.ready:
        django.setup()
    names: dict[str, Any] = {}
    exec(script.settings, names)
    address, _, database = place.partition("/")
    host, _, port = address.partition(":")
    told = names["DATABASES"]["default"] | {"HOST": host, "PORT": port, "NAME": database}
    connections.close_all()
    # A script that failed has left its pool, whose server may be gone by now.
    kept = import_module("django.db.backends.postgresql.base").DatabaseWrapper._connection_pools
    while kept:
        kept.popitem()[1].close()
    connections.settings = connections.configure_settings({"default": told})
    if hasattr(connections._connections, "default"):
        del connections["default"]
    apps.all_models["shop"].clear()
    for name, text in {"shop": "", "shop.models": _MODELS}.items():
        module = sys.modules[name] = ModuleType(name)
        exec(text, module.__dict__)
    sys.modules["shop"].__path__ = [os.path.abspath("shop")]


class _Other:
    """The other clients of the pool: one that takes a session away, one that looks at it."""

    def __init__(self, taker: Any, looker: Any, beside: Any) -> None:
        self._taker, self._looker, self._beside = taker, looker, beside
        self._holds = False

    def meanwhile(self) -> None:
        """Take the session that is free, or let go of it again."""
        if self._holds:
            self.free()
        else:
            self.hold()

    def notify(self, channel: str) -> None:
        """Notify the listeners of a channel, past the pooler."""
        self._beside.exec_(f"NOTIFY {channel}".encode())

    def hold(self) -> None:
        """Hold the session that was given back last."""
        self._beside.exec_(b"SELECT pg_advisory_lock(1, 1)")
        self._taker.send_query(b"SELECT public.hold()")
        deadline = time.monotonic() + _PATIENCE
        while self._beside.exec_(b"SELECT public.holding()").get_value(0, 0) != b"1":
            if time.monotonic() > deadline:
                raise RuntimeError("no session is free to be held")
            time.sleep(0.001)
        self._holds = True

    def free(self) -> None:
        """Let go of the session that is held."""
        if self._holds:
            self._beside.exec_(b"SELECT pg_advisory_unlock(1, 1)")
            while self._taker.get_result() is not None:
                pass
            self._holds = False

    def left(self) -> tuple[Any, ...]:
        """Return what is found in both sessions of the pool."""
        first = self._look()
        self.hold()
        second = self._look()
        self.free()
        return (first, second)

    def _look(self) -> tuple[Any, ...]:
        result = self._looker.exec_(_LEFT.encode())
        return tuple(result.get_value(0, i) for i in range(result.nfields))

    def close_all(self) -> None:
        """Close the sessions of the pool."""
        self._taker.finish()
        self._looker.finish()
        self._beside.exec_(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            b" WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def _other(stage: Stage, alias: str, server: Stage, database: str) -> Iterator[_Other]:
    def connect(stage: Stage, name: str) -> Any:
        words = f"host={stage.socket} port={stage.port} dbname={name} user=postgres"
        return pq.PGconn.connect(words.encode())

    conns = [connect(stage, alias), connect(stage, alias), connect(server, database)]
    try:
        yield _Other(*conns)
    finally:
        for conn in conns:
            conn.finish()


def rules(
    script: Script, folder: Path, cache: Path, mode: str, versions: tuple[str, str]
) -> tuple[str, ...]:
    """Return the session rules that poollint reports of a script, behind a pooler in a mode.

    `folder` is where its project is written, `cache` what poollint remembers from mode to mode.
    """
    for name, text in script.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    deploy(folder, {"pgbouncer": {}}, mode, *versions)
    outcome = session.run(
        Request(
            paths=(str(folder),), select=(Category.SESSION.value,), isolated=True,
            root=str(folder), cache=str(cache),
        )
    )  # fmt: skip
    if outcome.lost or outcome.report.crashes:
        raise RuntimeError(f"poollint failed: {outcome.lost} {outcome.report.crashes}")
    return tuple(sorted({finding.rule for finding in outcome.report.active}))
