"""The connection strings of Npgsql, in files and in variables."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems import dotnet
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool

HERE = Span.at("compose.yaml", 7)
FILE = (
    '{{\n  // for developers\n  "ConnectionStrings": {{ "Shop": "{}" }},\n  "Logging": {{}}\n}}\n'
)


def file(text: str, path: str = "appsettings.json") -> StatedFile | None:
    return dotnet.read(SourceFile(path, text))


def of_string(text: str) -> StatedPool | None:
    found = file(FILE.format(text))
    return found.pools[0] if found and found.pools else None


def variables(**values: str | None) -> dict[str, Variable]:
    return {n: Variable(n, Word(v, Basis.STATED, HERE)) for n, v in values.items()}


@pytest.mark.parametrize(
    ("text", "address", "size"),
    [
        ("Host=db;Database=shop;Maximum Pool Size=30", "postgresql://db/shop", 30),
        ("host=db; port=6432; maxpoolsize = 7", "postgresql://db:6432/", 7),
        ("Server=db;Port=5432;Database=shop", "postgresql://db:5432/shop", 100),
        ("Host=db;Password='a;b';Maximum Pool Size=many", "postgresql://db/", None),
        ("Host=db;Pooling=false", "postgresql://db/", None),
    ],
)
def test_a_connection_string(text: str, address: str, size: int | None) -> None:
    pool = of_string(text)
    assert pool is not None
    assert pool.address == address
    assert (pool.size.number if pool.size else pool.default) == size


@pytest.mark.parametrize(
    "text",
    [
        "Server=db;Database=shop;User Id=sa",
        "Host=db;Port=3306;Database=shop",
        "Data Source=shop.db",
        "Host=db;Initial Catalog=shop",
        "Host=one,two;Database=shop",
        "",
    ],
)
def test_a_connection_string_of_something_else(text: str) -> None:
    assert of_string(text) is None


def test_no_password_is_kept() -> None:
    found = file(FILE.format("Host=db;Username=shop;Password=gr8-k3pt"))
    assert "gr8-k3pt" not in str(found)
    assert "shop" not in str(found and found.pools[0].address)


def test_what_is_stated_for_the_environment_goes_first_and_a_variable_before_it() -> None:
    general = file(FILE.format("Host=localhost;Maximum Pool Size=5"))
    own = file(FILE.format("Host=db;Maximum Pool Size=30"), "appsettings.Production.json")
    other = file(FILE.format("Host=dev;Maximum Pool Size=2"), "appsettings.Development.json")
    files = tuple(f for f in (general, own, other) if f)

    def sizes(**values: str | None) -> list[tuple[str, int | None]]:
        found = dotnet.pools(files, variables(**values))
        return [(p.address, p.size.number if p.size else p.default) for p in found]

    assert sizes() == [("postgresql://db/", 30)]
    assert sizes(ASPNETCORE_ENVIRONMENT="Development") == [("postgresql://dev/", 2)]
    assert sizes(DOTNET_ENVIRONMENT="Staging") == [("postgresql://localhost/", 5)]
    assert sizes(ConnectionStrings__Shop="Host=rds;Maximum Pool Size=9") == [
        ("postgresql://rds/", 9)
    ]
    assert sizes(ConnectionStrings__Logs="Host=logs") == [
        ("postgresql://db/", 30),
        ("postgresql://logs/", 100),
    ]
    assert sizes(ConnectionStrings__Shop=None) == [("", None)]


def test_the_place_of_a_string_is_its_line() -> None:
    pool = of_string("Host=db")
    assert pool is not None
    assert (pool.span.start.line, pool.span.start.column) == (3, 34)


def test_which_files_are_read() -> None:
    assert dotnet.claims("src/Api/appsettings.Production.json")
    assert not dotnet.claims("src/Api/bin/Debug/appsettings.json")
    assert not dotnet.claims("src/Api/settings.json")


@pytest.mark.parametrize(
    "text", ["", "{", '{"ConnectionStrings": ', '{"ConnectionStrings": {"A": ']
)
def test_what_is_broken_says_nothing(text: str) -> None:
    stated = file(text)
    assert stated is None or stated.pools == ()


def test_a_file_may_leave_its_strings_to_variables() -> None:
    stated = file(FILE.format(""))
    assert stated is not None
    (pool,) = dotnet.pools((stated,), variables(ConnectionStrings__Shop="Host=db"))
    assert (pool.address, pool.span) == ("postgresql://db/", HERE)


def test_where_code_speaks_of_sizes_none_is_taken_that_no_string_says() -> None:
    code = file('options.ConnectionString += ";Maximum Pool Size=5";', "src/Program.cs")
    strings = file(FILE.format("Host=db"))
    sized = file(FILE.format("Host=db;Maximum Pool Size=30"))
    assert code is not None
    assert strings is not None
    assert sized is not None
    (pool,) = dotnet.pools((strings, code), {})
    assert pool.size is not None
    assert pool.size.number is None
    (stated,) = dotnet.pools((sized, code), {})
    assert stated.size is not None
    assert stated.size.number == 30
