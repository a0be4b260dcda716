"""Scripts, units and uWSGI's files: which programs they start, and how they load."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Process
from poollint.model.source import SourceFile
from poollint.reading.project import reader_of
from poollint.reading.reader import Options
from poollint.reading.running.processes.launching import READER, Launch


def processes(path: str, text: str) -> tuple[Process, ...]:
    documents = READER.read(SourceFile(path, text), Options()).documents
    return tuple(d.process for d in documents if isinstance(d, Launch))


def loads(process: Process) -> tuple[str, str, bool]:
    return process.tool, process.application, process.preload is not None


@pytest.mark.parametrize(
    "path", ["start.sh", "docker/entrypoint", "web.service", "uwsgi.ini", "supervisord.conf"]
)
def test_files_that_start_programs_have_this_reader(path: str) -> None:
    reader = reader_of(path)
    assert reader is not None
    assert reader.name == "launch"


@pytest.mark.parametrize("path", ["pgbouncer.ini", "postgresql.conf", "supervisor.py"])
def test_other_files_keep_theirs(path: str) -> None:
    reader = reader_of(path)
    assert reader is None or reader.name != "launch"


def test_every_program_of_a_script_counts_and_has_its_own_place() -> None:
    text = (
        '#!/bin/sh\nset -e\nif [ "$1" = web ]; then\n  exec gunicorn -w 4 --preload shop.web:app\n'
        "else\n  celery -A shop worker\n  gunicorn --chdir src -c conf.py shop.api:app\nfi\n"
    )
    found = processes("start.sh", text)
    assert [loads(one) for one in found] == [
        ("gunicorn", "shop.web:app", True),
        ("celery", "shop", True),
        ("gunicorn", "shop.api:app", False),
    ]
    assert found[0].preload is not None
    assert found[0].preload.start.line == 4
    assert (found[2].folder, found[2].config) == ("src", "conf.py")


def test_units_start_what_they_say() -> None:
    text = "[Service]\nExecStart=/srv/venv/bin/gunicorn --preload shop.web:app\n"
    assert [loads(one) for one in processes("web.service", text)] == [
        ("gunicorn", "shop.web:app", True)
    ]
    text = "[program:jobs]\ncommand = celery -A shop worker --pool=solo\n"
    assert [loads(one) for one in processes("supervisord.conf", text)] == [
        ("celery", "shop", False)
    ]


@pytest.mark.parametrize(
    ("setting", "preloads"),
    [("", True), ("lazy-apps = true", False), ("lazy = 1", False), ("lazy-apps = false", True)],
)
def test_uwsgi_loads_before_it_forks_unless_told(setting: str, preloads: bool) -> None:
    (found,) = processes("uwsgi.ini", f"[uwsgi]\nmodule = shop.web:app\nworkers = 3\n{setting}\n")
    assert loads(found) == ("uwsgi", "shop.web:app", preloads)
    assert (found.processes.low, found.processes.high) == (3, 3)


@pytest.mark.parametrize("module", ["%(name):app", "$(APP)", "{{ app }}"])
def test_module_that_is_filled_in_later_is_unknown(module: str) -> None:
    assert processes("uwsgi.ini", f"[uwsgi]\nmodule = {module}\n") == ()
