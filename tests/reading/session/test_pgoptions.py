"""`PGOPTIONS`, put into the environment by a program, or by a manifest."""

from __future__ import annotations

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import Database, Effect, Module, Statement
from poollint.facts.infrastructure import Container, Variable, Workload
from poollint.facts.topology import Topology
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.naming.scopes.names import Names
from poollint.reading.session.pgoptions import deployed, parameters, told
from poollint.syntax.python import PythonTree, parse


def _told(text: str) -> list[tuple[str, str | None]]:
    head = "import os\nimport asyncpg, psycopg, psycopg2\nfrom os import environ\n"
    tree = parse(SourceFile("m.py", head + text))
    assert isinstance(tree, PythonTree)
    found = list(told(tree, Names(tree.module, drivers())))
    assert all(s.effect is Effect.STARTUP and s.text == "PGOPTIONS" for s in found)
    return [(s.subject, s.url.value if s.url else None) for s in found]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("-c search_path=a", ("search_path",)),
        ("-csearch_path=a --statement-timeout=5s", ("search_path", "statement_timeout")),
        ("-c jit=off -c jit=on", ("jit",)),
        ("project=a", ()),
    ],
)
def test_options_name_parameters(text: str, names: tuple[str, ...]) -> None:
    assert parameters(text) == names


@pytest.mark.parametrize(
    "line",
    [
        'os.environ["PGOPTIONS"] = "-c jit=off"',
        'environ["PGOPTIONS"] = "-c jit=" + setting',
        'os.environ.setdefault("PGOPTIONS", "-c jit=off")',
        'os.environ.update(PGOPTIONS="-c jit=off")',
        'os.putenv("PGOPTIONS", "-c jit=off")',
    ],
)
def test_what_is_put_into_the_environment_is_asked_for(line: str) -> None:
    assert _told(line) == [("jit", None)]


@pytest.mark.parametrize(
    "line",
    [
        'os.environ["PGOPTIONS"]',
        'os.environ["PGOPTIONS"] = options',
        'settings["PGOPTIONS"] = "-c jit=off"',
        'print("PGOPTIONS")',
    ],
)
def test_what_is_read_or_unknown_is_not(line: str) -> None:
    assert _told(line) == []


def test_it_goes_where_all_connections_of_libpq_lead() -> None:
    line = 'os.environ["PGOPTIONS"] = "-c jit=off"\n'
    one = 'psycopg2.connect("postgresql://a:6432/b")\nasyncpg.connect("postgresql://c/d")\n'
    assert _told(line + one) == [("jit", "postgresql://a:6432/b")]
    assert _told(line + one + 'psycopg.connect("postgresql://c/d")\n') == [("jit", None)]


URL = "postgresql://shop@aws-0-eu-central-1.pooler.supabase.com:6543/shop"
HERE = Span.at("compose.yaml", 9, 7, 9)


def _topology(build: str = "web", **variables: str) -> Topology:
    one = Figure.stated(1, "replicas", HERE)
    given = tuple(Variable(n, Word(v, Basis.STATED, HERE)) for n, v in variables.items())
    container = Container("web", HERE, "shop", given, build=build)
    workload = Workload("web", "compose", "service", HERE, "", one, None, (container,))
    return Topology("", (workload,), (), ())


def _deployed(
    topology: Topology, driver: str = "psycopg 3", path: str = "web/db.py"
) -> list[tuple[str, str]]:
    asks = Statement(Effect.URL_OPTION, driver, "schema", Span.at(path), "", variable="URL")
    found = list(deployed((Module(path, (), (), (asks,)),), (topology,)))
    for at, statement in found:
        assert (at, statement.effect, statement.span) == (path, Effect.STARTUP, HERE)
        assert statement.endpoint is not None
        assert statement.endpoint.pooler == "Supavisor"
    return [(statement.text, statement.subject) for _, statement in found]


def test_a_container_gives_its_connections_of_libpq_their_options() -> None:
    topology = _topology(URL=URL, PGOPTIONS="-c jit=off --search_path=a")
    assert _deployed(topology) == [("PGOPTIONS", "jit,search_path")]
    assert _deployed(topology, driver="psycopg2") == [("PGOPTIONS", "jit,search_path")]
    assert _deployed(topology, driver="asyncpg") == []
    assert _deployed(topology, path="jobs/db.py") == []


@pytest.mark.parametrize(
    "variables",
    [
        {"URL": URL},
        {"URL": URL, "PGOPTIONS": "$OPTIONS"},
        {"URL": URL, "PGOPTIONS": ""},
        {"PGOPTIONS": "-c jit=off"},
        {"URL": "postgresql://elsewhere:5432/shop", "PGOPTIONS": "-c jit=off"},
    ],
)
def test_containers_that_ask_for_nothing_or_lead_nowhere_known_are_quiet(
    variables: dict[str, str],
) -> None:
    assert _deployed(_topology(**variables)) == []


def test_of_an_image_that_is_built_elsewhere_nothing_is_known() -> None:
    assert _deployed(_topology(build="", URL=URL, PGOPTIONS="-c jit=off")) == []


def test_the_databases_of_django_are_reached_with_libpq() -> None:
    module = Module(
        "web/settings.py", (), (), (), databases=(Database("default", HERE, None, "URL"),)
    )
    found = list(deployed((module,), (_topology(URL=URL, PGOPTIONS="-c jit=off"),)))
    assert [statement.subject for _, statement in found] == ["jit"]
