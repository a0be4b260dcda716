"""What takes its connection from Django has that of the database that the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

ENGINE = '"ENGINE": "django.db.backends.'
LITE = f'STATIC_URL = "/static/"\nDATABASES = {{"default": {{{ENGINE}sqlite3", "NAME": "shop"}}}}\n'
OPEN = ("`web` may open 1 connection or more no file says where to",)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (LITE, ()),
        (LITE.replace("sqlite3", "mysql"), ()),
        (f'from .base import *\nDATABASES["default"] = {{{ENGINE}oracle"}}\n', ()),
        (LITE + "from .local import *\n", OPEN),
        (f"{LITE}if URL: DATABASES['default'] = env.db()\n", OPEN),
        (f"{LITE}DATABASES['default']['ENGINE'] = chosen\n", OPEN),
        ("DATABASES = made()\n", OPEN),
        ("", OPEN),
    ],
)
def test_a_project_whose_settings_all_say_another_database_opens_nothing(
    settings: str, told: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = "from django.db import connection\n\ndef look():\n    connection.cursor()\n"
    (tmp_path / "Procfile").write_text("web: python manage.py runserver\n")
    (tmp_path / "manage.py").write_text("import os\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/look.py").write_text(command)
    (tmp_path / "shop/settings.py").write_text(settings)
    monkeypatch.chdir(tmp_path)
    coverage = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.coverage
    assert coverage.uncounted == told
