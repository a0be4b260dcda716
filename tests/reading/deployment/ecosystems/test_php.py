"""What Laravel, Doctrine and PDO say of connections, and Horizon of processes."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems import php
from poollint.reading.deployment.ecosystems.stating import StatedFile

HERE = Span.at("compose.yaml")
LARAVEL = """<?php
return [
    'default' => env('DB_CONNECTION', 'mysql'),
    // 'default' => 'sqlite',
    'connections' => array(
        'mysql' => ['driver' => 'mysql', 'host' => env('DB_HOST')],
        'pgsql' => ['driver' => 'pgsql', 'url' => env('DB_URL'), 'host' => env('DB_HOST', '::1')],
        'reports' => ['driver' => 'pgsql', 'host' => env('REPORTS_HOST')],
        'fixed' => ['driver' => 'pgsql', 'host' => 'orders-db'],
    ),
];
"""
HORIZON = """<?php
return [
    'defaults' => ['one' => ['maxProcesses' => 1], 'two' => []],
    'environments' => [
        'production' => ['one' => ['maxProcesses' => env('HORIZON_MOST', 8)]],
        'local' => ['one' => ['processes' => 3]],
        'st*' => ['three' => ['maxProcesses' => count($queues)]],
    ],
];
"""


def file(path: str, text: str) -> StatedFile | None:
    found = php.read(SourceFile(path, text))
    assert found is None or isinstance(found, StatedFile)
    return found


def variables(**values: str) -> dict[str, Variable]:
    return {n: Variable(n, Word(v, Basis.STATED, HERE)) for n, v in values.items()}


def open_ones(**values: str) -> list[str]:
    stated = file("config/database.php", LARAVEL)
    assert stated is not None
    return [pool.chosen for pool in php.pools((stated,), variables(**values))]


def test_connections_of_laravel() -> None:
    stated = file("app/config/database.php", LARAVEL)
    assert stated is not None
    found = [(p.chosen, p.variables, p.address, p.default) for p in stated.pools]
    assert found == [
        ("pgsql", ("DB_URL", "DB_HOST"), "", 1),
        ("reports", ("REPORTS_HOST",), "", 1),
        ("fixed", (), "postgresql://orders-db/", 1),
    ]
    assert stated.home == "app"


def test_reading_and_writing_apart_is_a_second_connection() -> None:
    text = LARAVEL.replace(
        "'driver' => 'pgsql', 'url'", "'read' => [], 'write' => [], 'driver' => 'pgsql', 'url'"
    )
    stated = file("config/database.php", text)
    assert stated is not None
    size = stated.pools[0].size
    assert size is not None
    assert (size.number, size.certain) == (2, False)


def test_only_the_connection_counts_that_is_chosen() -> None:
    assert open_ones(DB_CONNECTION="pgsql", DB_HOST="db") == ["pgsql"]
    assert open_ones(DB_CONNECTION="mysql", DB_HOST="db") == []
    assert open_ones(DB_HOST="db") == []
    assert open_ones(DB_HOST="postgres") == ["pgsql"]
    assert open_ones(DB_HOST="db", DB_PORT="5432") == ["pgsql"]
    assert open_ones(DB_URL="mysql://shop@db/shop") == []


def test_what_starts_before_an_application_tells_what_no_variable_says() -> None:
    stated = file("config/database.php", LARAVEL)
    assert stated is not None
    found = php.pools((stated,), {}, ("redis", "postgres"))
    assert [(p.chosen, p.sure) for p in found] == [("pgsql", True)]
    assert php.pools((stated,), variables(DB_CONNECTION="mysql"), ("postgres",)) == ()


def test_a_connection_with_an_address_of_its_own_counts_besides() -> None:
    found = open_ones(DB_CONNECTION="pgsql", DB_HOST="db", REPORTS_HOST="reports-db")
    assert found == ["pgsql", "reports"]
    assert open_ones(DB_CONNECTION="mysql", REPORTS_HOST="reports-db") == ["reports"]


@pytest.mark.parametrize(
    ("values", "low", "high", "basis"),
    [
        ({}, 9, 9, Basis.DERIVED),
        ({"HORIZON_MOST": "20"}, 21, 21, Basis.DERIVED),
        ({"APP_ENV": "local"}, 4, 4, Basis.DERIVED),
        ({"APP_ENV": "staging"}, 1, 1, Basis.UNKNOWN),
        ({"APP_ENV": "other"}, 1, 1, Basis.UNKNOWN),
    ],
)
def test_processes_of_horizon(values: dict[str, str], low: int, high: int, basis: Basis) -> None:
    stated = file("config/horizon.php", HORIZON)
    found = php.horizon(stated, variables(**values), HERE)
    assert (found.low, found.high, found.basis) == (low, high, basis)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("    url: '%env(resolve:DATABASE_URL)%'", [("", ("DATABASE_URL",), False)]),
        ("    driver: pdo_pgsql\n    host: '%env(DB_HOST)%'", [("", ("DB_HOST",), True)]),
        ("    driver: pdo_mysql\n    host: '%env(DB_HOST)%'", []),
        (
            "    connections:\n      main: {url: '%env(A_URL)%'}\n"
            "      logs: {url: '%env(B_URL)%'}",
            [("main", ("A_URL",), False), ("logs", ("B_URL",), False)],
        ),
    ],
)
def test_connections_of_doctrine(text: str, found: object) -> None:
    stated = file("config/packages/doctrine.yaml", f"doctrine:\n  dbal:\n{text}\n")
    pools = stated.pools if stated else ()
    assert [(p.title, p.variables, p.sure) for p in pools] == found


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("$db = new PDO('pgsql:host=db');", True),
        ('$db = new \\PDO("pgsql:host=db");', True),
        ("$db = pg_connect('host=db');", True),
        ("$db = pg_pconnect('host=db');", True),
        ("$db = new PDO('mysql:host=db');", False),
    ],
)
def test_a_connection_that_code_opens(code: str, known: bool) -> None:
    assert (file("src/Database.php", f"<?php\n{code}\n") is not None) is known


def test_which_files_are_read() -> None:
    assert php.claims("config/database.php")
    assert php.claims("config/packages/doctrine.yaml")
    assert not php.claims("vendor/acme/config/database.php")
    assert not php.claims("src/Controller.php")


@pytest.mark.parametrize(
    "text", ["", "<?php", "<?php return [", "<?php return ['connections' => ["]
)
def test_what_is_broken_says_nothing(text: str) -> None:
    assert file("config/database.php", text) is None
