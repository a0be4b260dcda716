"""Sizes of pools that stand in other files and in classes."""

from __future__ import annotations

import pytest

from tests.reading.deployment.serving import Audited


def test_a_size_that_the_class_of_the_settings_gives_is_read(audited: Audited) -> None:
    files = {
        "shop/settings.py": """
            from functools import lru_cache
            from pydantic import Field
            from pydantic_settings import BaseSettings
            class Settings(BaseSettings):
                database_url: str = ""
                pool_size: int = 7
                overflow: int = Field(default=2, ge=0)
            @lru_cache
            def get_settings() -> Settings:
                return Settings()
            """,
        "shop/database.py": """
            from sqlalchemy import create_engine
            from shop.settings import get_settings
            settings = get_settings()
            options = {"pool_pre_ping": True}
            if not settings.database_url.startswith("sqlite"):
                options.update({"pool_size": settings.pool_size, "max_overflow": settings.overflow})
            engine = create_engine(settings.database_url, **options)
            """,
    }
    budget = audited("uvicorn shop.database:engine", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [9]


CONFIG = """
    import os
    SIZE = 9
    class Config:
        POOL = int(os.getenv("DB_POOL", 20))
        PLAIN = 7
        TWICE = 1
        TWICE = 2
    settings = object()
    """


@pytest.mark.parametrize(
    ("imports", "size", "most"),
    [
        ("from shop.config import SIZE", "SIZE", 9),
        ("from shop import config", "config.SIZE", 9),
        ("from shop.config import SIZE as S", "2 * S", 18),
        ("from shop.config import Config", "Config.PLAIN", 7),
        ("from shop import config", "config.Config.POOL", 20),
        ("from shop import config", "config.Config.TWICE", None),
        ("from shop.config import settings", "settings", None),
        ("from shop.config import Config", "Config.missing", None),
    ],
)
def test_a_size_may_be_a_constant_of_another_file_or_of_a_class(
    audited: Audited, imports: str, size: str, most: int | None
) -> None:
    code = f"""
        import os
        from sqlalchemy import create_engine
        {imports}
        engine = create_engine(os.environ["DATABASE_URL"], pool_size={size}, max_overflow=0)
        """
    files = {"shop/__init__.py": "", "shop/config.py": CONFIG, "shop/database.py": code}
    budget = audited("uvicorn shop.database:engine", files)
    found = [entry.total.high for entry in budget.ledger.demand]
    assert found == ([] if most is None else [most])
