"""What gunicorn's configuration file says of preloading, and of hooks."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.running.processes.gunicorn import Settings, settings
from poollint.syntax.python import PythonTree, parse


def told(text: str) -> Settings:
    tree = parse(SourceFile("gunicorn.conf.py", text))
    assert isinstance(tree, PythonTree)
    return settings(tree)


def test_preloading_is_what_a_constant_says() -> None:
    found = told("workers = 1\npreload_app = True\nwsgi_app = 'shop.web:app'\nchdir = 'src'\n")
    assert found.preload is not None
    assert (found.preload.start.line, found.application, found.folder, found.single) == (
        2, "shop.web:app", "src", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "preload_app = False",
        "preload_app = bool(PRELOAD)",
        "if PRODUCTION:\n    preload_app = True",
        "preload = True",
    ],
)
def test_preloading_that_is_not_stated_is_none(text: str) -> None:
    assert told(text).preload is None


@pytest.mark.parametrize(
    "text",
    [
        "def post_fork(server, worker):\n    engine.dispose()",
        "def post_fork(server, worker):\n    from shop import db\n    db.engine = None",
        "def post_worker_init(worker):\n    connect()",
        "def pre_fork(server, worker):\n    engine.dispose()",
        "def when_ready(server):\n    db.close_all()",
        "from shop.hooks import post_fork",
        "from shop.hooks import *",
        "post_fork = hooks.start",
        "if PRODUCTION:\n    def post_fork(server, worker):\n        connect()",
    ],
)
def test_hook_that_does_something_may_make_it_right(text: str) -> None:
    assert told(text).rebuilds


@pytest.mark.parametrize(
    "text",
    [
        "def post_fork(server, worker):\n    server.log.info('worker %s', worker.pid)",
        "def post_fork(server, worker):\n    pass",
        "def when_ready(server):\n    server.log.info('ready')",
        "def on_starting(server):\n    migrate()",
        "def worker_exit(server, worker):\n    engine.dispose()",
    ],
)
def test_hook_that_does_nothing_in_the_child_makes_nothing_right(text: str) -> None:
    assert not told(text).rebuilds
