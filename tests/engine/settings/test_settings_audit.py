"""What the settings say of databases that no file describes, and what they may not say."""

from __future__ import annotations

import pytest

from poollint.engine.settings.settings_audit import declared
from poollint.engine.settings.settings_table import Table
from poollint.facts.declared import Declared
from poollint.model.figure import Basis
from poollint.model.source import SourceFile, Span
from poollint.model.usage import UsageError
from poollint.syntax import toml

DATABASE = """[[audit.database]]
name = "orders"
match = ["*.example.com", "$DATABASE_URL"]
max-connections = 450
"""


def read(text: str) -> Declared:
    source = SourceFile("poollint.toml", text)
    document = toml.parse(source)
    assert isinstance(document, toml.Node)
    return declared(Table(source, document))


def test_nothing_is_declared_unasked() -> None:
    assert read("[assume]\n") == Declared()


def test_each_number_keeps_its_place() -> None:
    found = read(
        DATABASE
        + """reserved = 5
[[audit.external]]
name = "metabase"
database = "orders"
connections = 15
"""
    )
    (server,), (client,) = found.servers, found.clients
    assert (server.name, server.match) == ("orders", ("*.example.com", "$DATABASE_URL"))
    numbers = [server.max_connections, server.reserved, client.connections]
    assert [(f.low, f.high, f.basis) for f in numbers] == [
        (450, 450, Basis.STATED), (5, 5, Basis.STATED), (15, 15, Basis.STATED)
    ]  # fmt: skip
    origins = [f.origin for f in numbers]
    assert [o.start.line for o in origins if isinstance(o, Span)] == [4, 5, 9]
    assert (client.name, client.server) == ("metabase", "orders")


def test_a_server_keeps_three_back_where_nothing_is_said() -> None:
    kept = read(DATABASE).servers[0].reserved
    assert (kept.low, kept.high, kept.basis) == (3, 3, Basis.DEFAULTED)


LOAD = """[[audit.load]]
client = "web"
requests-per-second = 400
seconds-held = 0.03
"""


def test_a_load_has_a_rate_and_a_time() -> None:
    (load,) = read(LOAD).loads
    assert (load.client, load.per_second, load.held) == ("web", 400, 0.03)
    assert load.span.start.line == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("400", "0", "`requests-per-second` takes a number above 0"),
        ("400", "-1.5", "`requests-per-second` takes a number above 0"),
        ("400", "inf", "`requests-per-second` takes a number above 0"),
        ("400", "nan", "`requests-per-second` takes a number above 0"),
        ("0.03", "true", "`seconds-held` takes a number above 0"),
        ("0.03", '"30ms"', "`seconds-held` takes a number above 0"),
        ("seconds-held = 0.03\n", "", "`seconds-held` is missing"),
        ('client = "web"\n', "", "`client` is missing"),
        ("seconds-held", "seconds-hold", "unknown setting `seconds-hold`"),
    ],
)
def test_a_load_that_is_none_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(LOAD.replace(old, new))
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[audit]\ndatabases = 1", "unknown setting `databases`"),
        ("[audit]\ndatabase = 1", "`database` takes a list"),
        ("[audit]\ndatabase = [1]", "`database` takes tables"),
        ("[[audit.database]]\nmatch = ['*']", "`name` is missing"),
        ("[[audit.database]]\nname = 'a'", "nothing says who connects to `a`"),
        ("[[audit.database]]\nname = 'a'\nmatch = ['*']", "`max-connections` is missing"),
        (DATABASE.replace("450", "-1"), "`max-connections` takes a whole number from 0"),
        (DATABASE.replace("450", "'many'"), "`max-connections` takes a whole number from 0"),
        (DATABASE + DATABASE, "`orders` is there twice"),
        (
            DATABASE + "[[audit.external]]\nname = 'm'\ndatabase = 'order'\nconnections = 1",
            "no database is called `order`",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert caught.value.message == message
    assert caught.value.span is not None


WORKLOAD = """[[audit.workload]]
name = "importer"
database = "orders"
pool = 15
processes = 4
replicas = 6
environment = "deploy/prod*"
"""


def test_a_workload_keeps_the_place_of_each_number() -> None:
    (found,) = read(WORKLOAD).workloads
    assert (found.name, found.database, found.environment) == ("importer", "orders", "deploy/prod*")
    figures = (found.replicas, found.processes, found.pool)
    assert [(f.low, f.high, f.name, f.basis) for f in figures] == [
        (6, 6, "replicas", Basis.STATED),
        (4, 4, "processes", Basis.STATED),
        (15, 15, "pool size", Basis.STATED),
    ]
    lines = [f.origin.start.line for f in figures if isinstance(f.origin, Span)]
    assert lines == [6, 5, 4]


def test_what_a_workload_leaves_out_is_one() -> None:
    (found,) = read("[[audit.workload]]\nname = 'a'\ndatabase = 'b'\npool = 3\n").workloads
    assert [(f.low, f.high, f.basis) for f in (found.replicas, found.processes)] == [
        (1, 1, Basis.DEFAULTED)
    ] * 2
    assert found.environment == ""


@pytest.mark.parametrize(
    ("old", "new", "message", "line"),
    [
        ("pool = 15\n", "", "`pool` is missing", 1),
        ('database = "orders"\n', "", "`database` is missing", 1),
        ('name = "importer"\n', "", "`name` is missing", 1),
        ("processes = 4", "processes = 0", "`processes` takes a whole number from 1", 5),
        ("replicas = 6", "replicas = -1", "`replicas` takes a whole number from 0", 6),
        ("replicas = 6", 'replicas = "six"', "`replicas` takes a whole number from 0", 6),
        ("pool = 15", "pool = 1.5", "`pool` takes a whole number from 0", 4),
        ('"deploy/prod*"', "3", "`environment` takes a string", 7),
        ("replicas = 6", "replica = 6", "unknown setting `replica`", 6),
    ],
)
def test_a_workload_that_is_none_is_refused(old: str, new: str, message: str, line: int) -> None:
    with pytest.raises(UsageError) as refused:
        read(WORKLOAD.replace(old, new))
    assert refused.value.message == message
    assert refused.value.span is not None
    assert refused.value.span.start.line == line


def test_a_workload_is_there_once_in_an_environment() -> None:
    with pytest.raises(UsageError) as refused:
        read(WORKLOAD + WORKLOAD)
    assert refused.value.message == "`importer` is there twice"
    assert len(read(WORKLOAD + WORKLOAD.replace("prod", "dev")).workloads) == 2
