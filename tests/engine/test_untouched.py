"""Python files that have nothing to do with a database are answered without the session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poollint.engine import session
from poollint.engine.files import disk, intake
from poollint.engine.files.discovery import File
from poollint.engine.files.disk import SETTLED, Disk
from poollint.engine.memory import agreed, replay
from poollint.engine.outcome import Outcome
from poollint.engine.request import Mode, Request
from poollint.model.source import Unreadable
from poollint.model.usage import UsageError

FILES = {
    "pyproject.toml": '[tool.poollint]\nexclude = ["made/**"]\n',
    "shop/__init__.py": "",
    "shop/db.py": "import psycopg2\n\n\ndef connect():\n    return psycopg2.connect('')\n",
    "shop/hands_on/__init__.py": "from shop.db import connect\n",
    "shop/prices.py": "import json\nfrom shop import names\n\n\ndef price():\n    return 1\n",
    "shop/names.py": "NAME = 'shop'\n",
    "shop/orders.py": "from shop.db import connect\n\n\ndef f():\n    connect().cursor()\n",
    "shop/far.py": "from shop.hands_on import connect\n\n\ndef f():\n    connect().cursor()\n",
    "shop/sent.py": "def f(session):\n    session.execute('SET x = 1')\n",
    "made/one.py": "import psycopg2\nx = 1\n",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with settings, files that say nothing, and others that do."""
    folder = tmp_path / "shop"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(agreed, "program", lambda: b"the same")  # while poollint is edited
    return folder


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The runs that went through the session."""
    found: list[Request] = []
    run = session.run

    def counting(request: Request, disk: Disk) -> Outcome:
        found.append(request)
        return run(request, disk)

    monkeypatch.setattr(session, "run", counting)
    return found


def asked(shop: Path, *paths: str, stdin: str = "", name: str = "") -> Request:
    later = time.time_ns() + 2 * SETTLED
    return Request(
        paths=paths, mode=Mode.CHECK, cache=str(shop.parent / "cache"), now=later, pages=False,
        stdin=stdin.encode(), stdin_filename=name,
    )  # fmt: skip


def bare(outcome: Outcome) -> Outcome:
    """Return what a run came to, without what only the session tells."""
    return replace(outcome, report=replace(outcome.report, pages=()), timings=(), agreed=None)


@pytest.mark.parametrize(
    ("paths", "known"),
    [
        (("shop/prices.py",), True),
        (("shop/prices.py", "shop/names.py", "shop/__init__.py"), True),
        (("made/one.py", "shop/names.py"), True),  # named: a pattern does not take it away
        (("shop/orders.py",), False),
        (("shop/far.py",), False),
        (("shop/sent.py",), False),
        (("shop/db.py",), False),
        (("shop/names.py", "shop/db.py"), False),
        (("pyproject.toml",), False),
        (("shop",), False),
    ],
)
def test_what_is_told_is_what_the_session_tells(
    shop: Path, runs: list[Request], paths: Sequence[str], known: bool
) -> None:
    request = asked(shop, *paths)
    first = replay.run(asked(shop, "shop/prices.py"))
    assert first.report.coverage.files == 1
    runs.clear()
    again = replay.run(request)
    assert (runs == []) is known
    assert bare(again) == bare(session.run(request, Disk()))


def test_excluded_files_are_none(shop: Path, runs: list[Request]) -> None:
    replay.run(asked(shop, "shop/prices.py"))
    runs.clear()
    outcome = replay.run(replace(asked(shop, "made/one.py"), force_exclude=True))
    assert runs == []
    assert outcome.report.coverage.files == 0


def test_text_on_standard_input_counts_instead_of_the_file(shop: Path, runs: list[Request]) -> None:
    replay.run(asked(shop, "shop/prices.py"))
    runs.clear()
    assert replay.run(asked(shop, "-", stdin="y = 2\n", name="shop/db.py")).report.findings == ()
    assert runs == []
    using = FILES["shop/db.py"] + "    connect()\n"
    replay.run(asked(shop, "-", stdin=using, name="shop/prices.py"))
    assert len(runs) == 1


def test_a_file_that_comes_to_use_a_database_is_seen_through_the_one_that_imports_it(
    shop: Path, runs: list[Request]
) -> None:
    for _ in range(2):
        replay.run(asked(shop, "shop/prices.py"))
    assert len(runs) == 1
    (shop / "shop" / "names.py").write_text(FILES["shop/db.py"])
    replay.run(asked(shop, "shop/prices.py"))
    assert len(runs) == 2


def test_who_reads_what_an_application_keeps_asks_what_is_known_of_the_others(
    shop: Path, runs: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "shop" / "paid.py").write_text("import json\n\n\ndef f(app):\n    app.state.paid()\n")
    (shop / "shop" / "start.py").write_text(
        "import json\n\n\ndef g(app):\n    app.state.paid = f\n"
    )
    for _ in range(2):
        replay.run(asked(shop, "shop/paid.py"))
    read: list[str] = []
    load = intake.load

    def loading(file: File, *others: Any) -> bytes | Unreadable:
        read.append(file.shown)
        return load(file, *others)

    monkeypatch.setattr(intake, "load", loading)
    runs.clear()
    replay.run(asked(shop, "shop/paid.py"))
    assert runs == []
    assert {*read} == {"shop/paid.py", "shop/start.py"}
    (shop / "shop" / "start.py").write_text(FILES["shop/db.py"] + "    app.state.paid = 1\n")
    replay.run(asked(shop, "shop/paid.py"))
    assert len(runs) == 1


def test_what_was_seen_of_the_disk_is_seen_once(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=shop, check=True)
    replay.run(asked(shop, "shop/far.py"))
    asked_of_git: list[str] = []
    told = disk.told_by_git

    def telling(folder: str) -> bytes:
        asked_of_git.append(folder)
        return told(folder)

    monkeypatch.setattr(disk, "told_by_git", telling)
    replay.run(asked(shop, "shop/far.py"))
    assert asked_of_git == [str(shop)]


@pytest.mark.parametrize("text", ['[tool.poollint]\nselect = ["leek"]\n', "[tool.poollint\n"])
def test_settings_that_are_wrong_are_told(shop: Path, text: str) -> None:
    for _ in range(2):
        replay.run(asked(shop, "shop/prices.py"))
    (shop / "pyproject.toml").write_text(text)
    for _ in range(2):
        with pytest.raises(UsageError):
            replay.run(asked(shop, "shop/prices.py"))


def test_nearer_settings_count(shop: Path, runs: list[Request]) -> None:
    replay.run(asked(shop, "shop/prices.py"))
    (shop / "shop" / "poollint.toml").write_text("selectt = []\n")
    with pytest.raises(UsageError):
        replay.run(asked(shop, "shop/prices.py"))


@pytest.mark.parametrize(
    "more",
    [
        '[tool.poollint.drivers."acme"]\nconnect = ["acme.connect"]\n',
        '[tool.poollint.handlers]\nrequest = ["acme.on"]\n',
    ],
)
def test_settings_that_add_to_what_is_known_are_the_sessions(
    shop: Path, runs: list[Request], more: str
) -> None:
    (shop / "pyproject.toml").write_text(f"{FILES['pyproject.toml']}{more}")
    for _ in range(2):
        replay.run(asked(shop, "shop/prices.py"))
    assert len(runs) == 2


def test_what_was_installed_since_is_looked_at(
    shop: Path, runs: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = shop.parent / "packages"
    packages.mkdir()
    monkeypatch.syspath_prepend(str(packages))
    for _ in range(2):
        replay.run(asked(shop, "shop/prices.py"))
    assert len(runs) == 1
    (packages / "acme.dist-info").mkdir()
    os.utime(packages, ns=(1, 1))
    replay.run(asked(shop, "shop/prices.py"))
    assert len(runs) == 2


def test_a_path_that_is_not_there_is_told(shop: Path) -> None:
    with pytest.raises(UsageError, match="no such path"):
        replay.run(asked(shop, "shop/price.py"))


PROGRAM = """
import json, sys
from poollint.cli.main import main
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted(sys.modules)]))
"""


def test_nothing_is_imported_that_is_not_needed(shop: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, "check", "-q", "shop/prices.py"]
    environment = os.environ | {"POOLLINT_CACHE_DIR": str(shop.parent / "cache")}
    told = [
        json.loads(subprocess.check_output(command, cwd=shop, env=environment)) for _ in range(2)
    ]
    assert [code for code, _ in told] == [0, 0]
    loaded = set(told[1][1])
    assert "poollint.reading.screen" in loaded
    for absent in (
        "libcst._nodes", "poollint_rules", "poollint.engine.session", "poollint.engine.registry",
        "poollint.facts", "poollint.reading.linking", "poollint.reading.deployment", "yaml",
        "tomllib", "concurrent.futures", "importlib.metadata", "multiprocessing", "pickle",
    ):  # fmt: skip
        assert absent not in loaded
    ours = {name for name in loaded if name.startswith("poollint")}
    assert len(ours) < 100


def test_who_only_begins_transactions_of_django_needs_little_more(shop: Path) -> None:
    for path in ("shop/db.py", "shop/orders.py", "shop/far.py", "shop/sent.py", "made/one.py"):
        (shop / path).unlink()
    text = (
        "from django.db import transaction\n\n\n@transaction.atomic\ndef f(one):\n    one.save()\n"
    )
    (shop / "shop" / "pay.py").write_text(text)
    command = [sys.executable, "-c", PROGRAM, "check", "-q", "shop/pay.py"]
    environment = os.environ | {"POOLLINT_CACHE_DIR": str(shop.parent / "cache")}
    told = [
        json.loads(subprocess.check_output(command, cwd=shop, env=environment)) for _ in range(2)
    ]
    assert [code for code, _ in told] == [0, 0]
    loaded = set(told[1][1])
    assert "poollint.reading.beginning" in loaded
    for absent in (
        "libcst._nodes", "poollint.reading.functions", "poollint.reading.whole",
        "poollint.reading.connections.ownership.leaks", "poollint.reading.session.linking",
        "poollint.reading.running.processes.launching", "importlib.metadata", "yaml",
        "poollint.reading.lent", "poollint.reading.connections.offering",
        "poollint.reading.running.entry.recurrence", "poollint.reading.running.surroundings",
        "poollint.reading.connections.orm.use.using",
    ):  # fmt: skip
        assert absent not in loaded


@pytest.mark.parametrize("change", ["gone", "linked", "linked out"])
def test_what_git_lists_and_is_no_file_counts_for_nothing(
    shop: Path, runs: list[Request], change: str
) -> None:
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=shop, check=True)
    replay.run(asked(shop, "shop/prices.py"))
    names = shop / "shop" / "names.py"
    names.unlink()
    (shop.parent / "out.py").write_text(FILES["shop/db.py"])
    if change != "gone":
        names.symlink_to("db.py" if change == "linked" else "../../out.py")
    runs.clear()
    request = asked(shop, "shop/prices.py")
    assert bare(replay.run(request)) == bare(session.run(request, Disk()))
    runs.clear()
    replay.run(request)
    assert runs == []  # a link to a file that is there by its own name is no other file


def test_a_link_to_what_is_no_python_file_by_its_name_is_read(
    shop: Path, runs: list[Request]
) -> None:
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=shop, check=True)
    replay.run(asked(shop, "shop/prices.py"))
    (shop / "shop" / "names.py").unlink()
    (shop / "db.txt").write_text(FILES["shop/db.py"])
    (shop / "shop" / "names.py").symlink_to("../db.txt")
    runs.clear()
    replay.run(asked(shop, "shop/prices.py"))
    assert len(runs) == 1
