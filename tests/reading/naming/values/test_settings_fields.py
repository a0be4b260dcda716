"""Fields of settings classes, and the variables that they are read from."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import Instance
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.values import environment
from poollint.reading.naming.values.settings_fields import variable_of

PREFIX = "model_config = SettingsConfigDict(env_prefix='SHOP_')"


def variable(body: str, base: str = "BaseSettings", before: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    text = f"{before}\nclass Settings({base}):\n{lines}"
    names = Names(ast.parse(text), drivers())
    return variable_of("pool_size", Instance(names, "Settings"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pool_size: int = 8", "POOL_SIZE"),
        (f"{PREFIX}\npool_size: int = 8", "SHOP_POOL_SIZE"),
        ("model_config = {'env_prefix': 'SHOP_'}\npool_size: int = 8", "SHOP_POOL_SIZE"),
        ("class Config:\n    env_prefix = 'SHOP_'\npool_size: int = 8", "SHOP_POOL_SIZE"),
        ("pool_size: int = Field(8, alias='DB_POOL')", "DB_POOL"),
        (f"{PREFIX}\npool_size: int = Field(8, validation_alias='DB_POOL')", "DB_POOL"),
        ("pool_size: int = Field(8, validation_alias=AliasChoices('A', 'B'))", "A"),
        ("pool_size: int = Field(8, env='db_pool')", "DB_POOL"),
        ("pool_size: int = Field(8, ge=1)", "POOL_SIZE"),
        ("model_config = SettingsConfigDict(env_prefix=PREFIX)\npool_size: int = 8", ""),
        ("model_config = SettingsConfigDict(extra='ignore')\npool_size: int = 8", "POOL_SIZE"),
    ],
)
def test_a_field_is_read_from_the_variable_that_its_class_says(body: str, expected: str) -> None:
    assert variable(body) == expected


def test_a_prefix_is_inherited() -> None:
    before = f"class Base(BaseSettings):\n    {PREFIX}\n"
    assert variable("pool_size: int = 8", "Base", before) == "SHOP_POOL_SIZE"


def test_a_field_of_an_unknown_class_goes_by_its_name() -> None:
    assert variable_of("pool_size", None) == "POOL_SIZE"


IMPORTED = "from pydantic_settings import BaseSettings"


@pytest.mark.parametrize(
    ("before", "base", "name"),
    [
        (IMPORTED, "BaseSettings", "SHOP_POOL_SIZE"),
        ("import pydantic", "pydantic.BaseSettings", "SHOP_POOL_SIZE"),
        (f"{IMPORTED}\nclass Own(BaseSettings): ...", "Own", "SHOP_POOL_SIZE"),
        ("from shop.rows import BaseSettings", "BaseSettings", None),
        ("", "object", None),
    ],
)
def test_an_object_of_such_a_class_reads_its_fields_whatever_it_is_called(
    before: str, base: str, name: str | None
) -> None:
    text = f"{before}\nclass Values({base}):\n    {PREFIX}\n    pool_size: int = 8\nv = Values()\n"
    names = Names(ast.parse(text), drivers())
    found = environment.variable(ast.parse("v.pool_size", mode="eval").body, "", names)
    assert (found and found.name) == name
    if found:
        assert isinstance(found.default, ast.Constant)
        assert found.default.value == 8


@pytest.mark.parametrize(
    ("given", "name", "default"),
    [
        ("self.pool_size", "POOL_SIZE", 8),
        ("self.url.replace('postgres', 'postgresql')", "URL", None),
        ("f'postgresql://{self.host}/{self.url}'", None, None),
        ("PostgresDsn.build(host=self.host)", None, None),
    ],
)
@pytest.mark.parametrize("kind", ["property", "cached_property"])
def test_a_property_is_no_field_and_gives_what_it_reads(
    given: str, name: str | None, default: int | None, kind: str
) -> None:
    text = (
        f"{IMPORTED}\nclass Settings(BaseSettings):\n    pool_size: int = 8\n    url: str\n"
        f"    @{kind}\n    def made(self):\n        return {given}\nsettings = Settings()\n"
    )
    read = ast.parse("settings.made", mode="eval").body
    found = environment.variable(read, "", Names(ast.parse(text), drivers()))
    assert (found.name if found else None) == name
    told = found.default if found else None
    assert (told.value if isinstance(told, ast.Constant) else None) == default
