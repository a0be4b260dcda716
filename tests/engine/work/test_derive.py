"""Facts are derived once, by as many processes as there are, and are the same every time."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from poollint.engine.files.disk import SETTLED
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.program import program
from poollint.engine.outcome import Outcome
from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.engine.work import derive, job
from poollint.engine.work.executors import here
from poollint.reading import code
from poollint.reading.connections.offering import offered
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.looked import Behind
from poollint.reading.naming.scopes.names import Names
from poollint.reading.reader import FileReading, Options
from poollint.reading.running.entry import callers

FIXTURES = Path(__file__).parents[3] / "fixtures"

DB = "import psycopg2\n\ndef get_conn(dsn):\n    return psycopg2.connect(dsn)\n"
API = """\
from shop.db import get_conn


def fetch(dsn):
    conn = get_conn(dsn)
    rows = conn.cursor().fetchall()
    conn.close()
    return rows
"""


class Project:
    """A project that is checked again and again, and which of its files were read for it."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.read: list[str] = []
        monkeypatch.chdir(path)
        reader = code.read

        def counting(source: object, options: Options) -> FileReading:
            self.read.append(source.path)  # type: ignore[attr-defined]
            return reader(source, options)  # type: ignore[arg-type]

        monkeypatch.setattr(code, "read", counting)

    def write(self, **texts: str) -> None:
        """Write modules of the package `shop`."""
        for name, text in {"__init__": "", **texts}.items():
            path = self.path / "shop" / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    def check(self, **more: object) -> Outcome:
        """Check it all, with a cache."""
        self.read.clear()
        request = Request(mode=Mode.CHECK, cache=str(self.path / "cache"), context=False)
        return run(replace(request, **more))  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A package with a helper that connects, a function that leaks, and one beside them."""
    found = Project(tmp_path, monkeypatch)
    found.write(db=DB, api=API, other="import psycopg2\nx = psycopg2.connect\n")
    return found


class TestMemory:
    def test_what_a_changed_file_depends_on_is_not_looked_for_where_it_is_given_alone(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        digest = Exports.digest

        def counting(self: Exports, behind: Behind) -> bytes:
            asked.extend(behind.files)
            return digest(self, behind)

        monkeypatch.setattr(Exports, "digest", counting)
        later = time.time_ns() + 2 * SETTLED
        (project.path / "poollint.toml").write_text("")  # the root, whatever is given
        project.check(now=later)
        assert asked
        asked.clear()
        alone: dict[str, object] = {"paths": ("shop/api.py",), "context": True, "now": later}
        for _ in range(3):  # it is seen, then read once more with what it depends on, then known
            assert len(project.check(**alone).report.active) == 1
        assert project.read == []
        assert "shop/api.py" in asked
        asked.clear()
        project.write(api=API + "\n# changed\n", db=DB)
        assert len(project.check(**alone).report.active) == 1
        assert project.read == ["shop/api.py"]
        assert asked == []
        text = (project.path / "shop" / "api.py").read_bytes()
        stdin = {"paths": ("-",), "stdin": text, "stdin_filename": "shop/api.py"}
        assert len(project.check(**{**alone, **stdin}).report.active) == 1
        assert asked == []

    def test_what_a_file_offers_is_looked_for_where_another_may_ask(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []

        def counting(names: Names) -> Iterator[str]:
            asked.append(names.outside.path)
            yield from offered(names)

        monkeypatch.setattr("poollint.reading.connections.offering.offered", counting)
        begins = "from django.db import transaction\n\nboth = transaction.atomic\n"
        project.write(db=begins, api="from shop.db import both\n", other="")
        later = time.time_ns() + 2 * SETTLED
        (project.path / "poollint.toml").write_text("")
        alone: dict[str, object] = {"paths": ("shop/db.py",), "context": True, "now": later}
        project.check(**alone)
        assert asked == []
        project.check(**alone)  # what is kept of it is whole
        assert asked == ["shop/db.py"]
        asked.clear()
        project.write(db=begins + "# changed\n", api="from shop.db import both\n", other="")
        project.check(**{**alone, "paths": ("shop/db.py", "shop/api.py")})
        assert asked == ["shop/db.py"]
        asked.clear()
        project.write(db=begins + "import psycopg2\n", api="", other="")
        project.check(**alone)  # its sessions may be open in what forks
        assert asked == ["shop/db.py"]

    def test_what_did_not_change_is_not_read_again(self, project: Project) -> None:
        first = project.check()
        assert len(first.report.active) == 1
        assert sorted(project.read) == ["shop/api.py", "shop/db.py", "shop/other.py"]
        assert project.check().report == first.report
        assert project.read == []

    def test_a_change_is_read_with_all_that_it_may_change(self, project: Project) -> None:
        project.check()
        project.write(db=DB.replace("return", "print(dsn)\n    return"), api=API)
        project.check()
        assert sorted(project.read) == ["shop/api.py", "shop/db.py"]

    def test_what_is_imported_and_never_looked_at_may_change(self, project: Project) -> None:
        texts = {
            "db": DB,
            "api": f"import shop.other\n{API}",
            "other": "import psycopg2\nx = psycopg2.connect\n",
        }
        project.write(**texts)
        first = project.check()
        project.write(**{**texts, "other": "import psycopg2 as pg\ny = pg.connect\n"})
        assert project.check().report == first.report
        assert project.read == ["shop/other.py"]

    def test_the_first_driver_of_a_project_may_change_what_any_file_tells(
        self, project: Project
    ) -> None:
        begins = "from django.db import transaction\n\nboth = transaction.atomic\n"
        texts = {"db": "from shop.api import both\n", "api": begins, "other": ""}
        project.write(**texts)
        project.check()
        assert "shop/api.py" in project.read
        project.check()
        assert project.read == []
        project.write(**{**texts, "other": "import psycopg2\nx = psycopg2.connect\n"})
        project.check()
        assert "shop/api.py" in project.read

    def test_who_calls_a_function_is_known_until_any_file_changes(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        web = (
            "import flask\nfrom shop.api import fetch\napp = flask.Flask('shop')\n\n"
            "@app.route('/')\ndef index():\n    return str(fetch(''))\n"
        )
        connecting = API.replace("get_conn(dsn)", "psycopg2.connect(dsn)")
        project.write(db=DB, api=f"import psycopg2\n{connecting}", web=web)
        first = project.check()
        assert "connection-per-request" in {f.rule for f in first.report.active}
        with monkeypatch.context() as without:
            without.setattr(callers, "search", None)
            assert project.check().report == first.report
        project.write(
            db=DB, api=f"import psycopg2\n{connecting}", web=web.replace("@app", "# @app")
        )
        assert "connection-per-request" not in {f.rule for f in project.check().report.active}

    def test_what_was_changed_back_is_known_still(self, project: Project) -> None:
        first = project.check()
        project.write(db=DB + "\nx = 1\n", api=API)
        project.check()
        project.write(db=DB, api=API)
        assert project.check().report == first.report
        assert project.read == []

    def test_a_comment_that_ignores_a_finding_needs_no_memory(self, project: Project) -> None:
        project.check()
        comment = "  # poollint: ignore[connection-leak]"
        ignored = API.replace("get_conn(dsn)", f"get_conn(dsn){comment}")
        assert ignored != API
        project.write(db=DB, api=ignored)
        assert project.check().report.active == ()

    def test_settings_are_part_of_what_is_known(self, project: Project) -> None:
        project.check()
        (project.path / "poollint.toml").write_text('[handlers]\nrequest = ["acme.route"]\n')
        project.check()
        assert len(project.read) == 3

    def test_a_reader_that_fails_is_asked_again(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(source: object, options: Options) -> FileReading:
            raise KeyError

        with monkeypatch.context() as broken:
            broken.setattr(code, "read", fails)
            assert len(project.check().lost) == 2  # what they offer is not known
        assert project.check().lost == ()

    @pytest.mark.parametrize(
        "value", [b"", b"nonsense", b"[]", b"[1,2]", b'[["x"],[]]', b"[null]", b'{"a":1}', b"\xff"]
    )
    def test_a_value_that_is_no_facts_is_derived_anew(self, project: Project, value: bytes) -> None:
        first = project.check()
        with sqlite3.connect(project.path / "cache" / "facts.sqlite") as store:
            keys = [key for (key,) in store.execute("SELECT key FROM facts")]
        assert len(keys) == 7  # two for each file, and the answer to a question about all
        for broken in ([key] for key in keys):
            with sqlite3.connect(project.path / "cache" / "facts.sqlite") as store:
                store.executemany("UPDATE facts SET value = ? WHERE key = ?", [(value, *broken)])
            assert project.check().report == first.report
            assert len(project.read) <= 1

    def test_another_version_of_poollint_knows_nothing(
        self, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(derive, "program", program.__wrapped__)  # looked at each time
        before = derive.stamp(Options())
        assert derive.stamp(Options()) == before
        package = tmp_path / "poollint"
        package.mkdir()
        (package / "__init__.py").write_text("")
        monkeypatch.setattr("poollint.__file__", str(package / "__init__.py"))
        changed = derive.stamp(Options())
        assert changed != before
        os.utime(package / "__init__.py", ns=(1, 1))
        assert derive.stamp(Options()) not in (before, changed)

    def test_without_a_folder_nothing_is_kept(self, project: Project) -> None:
        project.check(cache="")
        project.check(cache="")
        assert len(project.read) == 3
        assert not (project.path / "cache").exists()

    def test_text_from_standard_input_is_not_taken_for_the_file(self, project: Project) -> None:
        project.check()
        given = replace(
            Request(mode=Mode.CHECK, cache=str(project.path / "cache"), paths=("-",)),
            stdin=b"from shop.db import get_conn\n\ndef fetch(dsn):\n    return get_conn(dsn)\n",
            stdin_filename="shop/api.py",
        )
        assert run(given).report.active == ()


BOTH = replace(here(2), worth=0)  # any amount of work is worth a second process


class TestProcesses:
    @pytest.mark.parametrize("folder", ["lifetime/nested-acquire", "lifetime/pool-per-request"])
    def test_two_processes_find_what_one_finds(
        self, folder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(FIXTURES / folder)
        request = Request(mode=Mode.CHECK, isolated=True, root=".", pedantic=True)
        alone = run(request)
        # what was forked knows the project already, for all that is asked of it
        monkeypatch.setattr("poollint.engine.work.workers._learn", None)
        together = run(replace(request, executor=BOTH))
        assert together.report == alone.report
        assert alone.report.coverage.candidates > 10

    def test_a_file_that_ends_its_process_is_told_and_the_others_are_read(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reader = job.derived

        def dying(one: job.Job, options: Options) -> job.Derived:
            if one.file.shown == "shop/other.py":
                os._exit(1)
            return reader(one, options)

        monkeypatch.setattr("poollint.engine.work.workers.derived", dying)
        outcome = project.check(executor=BOTH, cache="")
        assert [lost.span.path for lost in outcome.lost] == ["shop/other.py"]
        assert "the process that read this file ended" in outcome.lost[0].reason
        assert len(outcome.report.active) == 1

    def test_little_work_is_done_here(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("poollint.engine.work.workers.Workers.run", None)
        assert len(project.check(jobs=8).report.active) == 1


def test_the_cache_holds_no_text_of_the_files(project: Project) -> None:
    project.write(api=API.replace("dsn)", "'postgresql://u:hunter2@h/d')"), db=DB)
    project.check()
    cache = Cache(str(project.path / "cache"))
    assert b"hunter2" not in Path(cache.path).read_bytes()
