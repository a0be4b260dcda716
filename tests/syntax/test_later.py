"""A package that is loaded later is the package itself, once something of it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from poollint.syntax.later import load_later
load_later("parcel")
load_later("nowhere_at_all")
import parcel
import parcel as again
print("loaded" in sys.modules, type(parcel).__name__)
from parcel import inner
print("loaded" in sys.modules, inner.WORD)
print(again.WORD, again is sys.modules["parcel"], type(parcel).__name__)
load_later("parcel")
print(sys.modules["parcel"] is parcel, parcel.__doc__)
"""


def test_a_package_is_loaded_when_something_of_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "loaded.py").write_text("")
    (tmp_path / "parcel").mkdir()
    (tmp_path / "parcel" / "inner.py").write_text("WORD = 'inner'\n")
    (tmp_path / "parcel" / "__init__.py").write_text(
        '"""Parcels."""\nimport loaded\nWORD = "here"\n'
    )
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines() == [
        "False _Later",
        "True inner",
        "here True module",
        "True Parcels.",
    ]
