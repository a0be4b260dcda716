"""Which database a URL is for where the environment says nothing."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.fallbacks import falls_back_on
from poollint.reading.naming.scopes.names import Names

MODULE = """
import os
from pydantic import Field
from pydantic_settings import BaseSettings
from sqlalchemy import make_url
class Base(BaseSettings):
    inherited: str = "mysql://db/shop"
class Settings(Base):
    plain: str = "sqlite:///shop.db"
    field: str = Field(default="mysql+pymysql://db/shop", alias="URL")
    first = Field("mssql+pyodbc://db/shop")
    required: str = Field(...)
    bare: str
    ours: str = "postgresql+asyncpg://db/shop"
    read: str = os.getenv("URL", "sqlite://")
    @property
    def built(self): return self.plain
    @property
    def either(self): return self.plain if self.bare else self.field
def get_settings(): return Settings()
settings = Settings()
url = os.environ.get("URL", "mysql://db/shop")
if url.startswith("mysql://"):
    url = url.replace("mysql://", "mysql+pymysql://", 1)
other = "sqlite://"
other = os.environ["URL"]
"""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ('os.getenv("URL", "sqlite:///shop.db")', "sqlite"),
        ('os.environ.get("URL") or "mysql+pymysql://db/shop"', "mysql"),
        ('make_url(os.getenv("URL", "sqlite://"))', "sqlite"),
        ("settings.plain", "sqlite"),
        ("settings.field", "mysql"),
        ("settings.first", "mssql"),
        ("settings.inherited", "mysql"),
        ("settings.read", "sqlite"),
        ("settings.built", "sqlite"),
        ("str(settings.field)", "mysql"),
        ("get_settings().plain", "sqlite"),
        ("url", "mysql"),
        ("settings.either", ""),
        ("settings.required", ""),
        ("settings.bare", ""),
        ("settings.ours", ""),
        ("settings.unknown", ""),
        ("other", ""),
        ('os.environ["URL"]', ""),
        ('os.getenv("URL", "postgresql://db/shop")', ""),
        ('os.getenv("URL")', ""),
    ],
)
def test_what_a_url_falls_back_on_is_told_wherever_it_is_stated(told: str, expected: str) -> None:
    names = Names(ast.parse(MODULE), drivers())
    call = ast.parse(f"create_engine({told})", mode="eval").body
    assert isinstance(call, ast.Call)
    assert falls_back_on(call, "", names) == expected
