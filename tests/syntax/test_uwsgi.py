"""The options in uWSGI's files."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.syntax import uwsgi


def options(text: str, path: str = "uwsgi.ini", section: str = "uwsgi") -> dict[str, str]:
    return {k: o.text for k, o in uwsgi.read(SourceFile(path, text), section).items()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[uwsgi]\nprocesses = 4\nmaster\n", {"processes": "4", "master": "true"}),
        ("[uwsgi]\nprocesses=4\nprocesses=6\r\n", {"processes": "6"}),
        ("[other]\nprocesses = 4\n[uwsgi]\nthreads=2\n", {"threads": "2"}),
        ("[uwsgi]\n# processes = 4\n;threads = 2\n", {}),
        ("[uwsgi]\nn = 3\nprocesses = %(n)\n", {"n": "3", "processes": "3"}),
        ("[uwsgi]\nprocesses = %(%(n) * 2)\n", {"processes": "%(%(n) * 2)"}),
        ("[uwsgi]\nwsgi_file = a.py\n", {"wsgi-file": "a.py"}),
        ("processes = 4\n", {}),
        ("", {}),
    ],
)
def test_options_of_ini(text: str, found: dict[str, str]) -> None:
    assert options(text) == found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uwsgi.yaml", "uwsgi:\n  processes: 4\n"),
        ("uwsgi.json", '{"uwsgi": {"processes": 4}}'),
        ("uwsgi.xml", "<uwsgi>\n  <processes>4</processes>\n</uwsgi>"),
    ],
)
def test_options_of_other_forms(path: str, text: str) -> None:
    assert options(text, path) == {"processes": "4"}


def test_what_stands_under_a_condition_is_not_certain() -> None:
    text = "[uwsgi]\nthreads = 1\nif-env = BIG\nprocesses = 9\nendif =\nmaster = true\n"
    found = uwsgi.read(SourceFile("uwsgi.ini", text))
    told = {name: found[name].certain for name in ("threads", "processes", "master")}
    assert told == {"threads": True, "processes": False, "master": True}


def test_a_name_that_names_itself_ends() -> None:
    assert options("[uwsgi]\na = %(a)\na = %(a)x%(a)\n")["a"].startswith("%(a)")


def test_places_are_those_of_the_file() -> None:
    found = uwsgi.read(SourceFile("uwsgi.ini", "[uwsgi]\n  processes = 12  \n"))
    span = found["processes"].span
    assert (span.start.line, span.start.column, span.end.column) == (2, 3, 17)
