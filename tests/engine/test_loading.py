"""A module that waits is loaded when something of it is asked for, and is then like any other."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import poollint
from poollint.engine.loading import Waiting, modules_loaded_late

FILES = {
    "__init__.py": "",
    "user.py": "from poollint.room import maker\n\n\ndef made():\n    return maker.make()\n",
    "maker.py": 'LOADED = []\n\n\ndef make():\n    """Make it."""\n    return 1\n',
    "taker.py": "from poollint.room.maker import make\n",
    "broken.py": "from poollint.room import maker\n1 / 0\n",
}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A room of poollint whose modules wait."""
    (tmp_path / "room").mkdir()
    for name, text in FILES.items():
        (tmp_path / "room" / name).write_text(text)
    monkeypatch.setattr(poollint, "__path__", [*poollint.__path__, str(tmp_path)])
    with modules_loaded_late():
        yield
    for name in [name for name in sys.modules if name.startswith("poollint.room")]:
        del sys.modules[name]


def waits(name: str) -> bool:
    return type(sys.modules[f"poollint.room.{name}"]) is Waiting


def test_what_is_taken_in_as_a_module_waits_for_its_use(room: None) -> None:
    user = import_module("poollint.room.user")
    assert waits("user")
    assert user.made
    assert not waits("user")
    assert waits("maker")
    assert user.made() == 1
    assert not waits("maker")


def test_what_is_taken_in_by_its_name_does_not(room: None) -> None:
    import_module("poollint.room.maker")
    assert import_module("poollint.room.taker").make() == 1
    assert not waits("maker")


def test_what_was_loaded_is_like_any_other(room: None) -> None:
    maker = import_module("poollint.room.maker")
    assert (maker.__name__, maker.__package__) == ("poollint.room.maker", "poollint.room")
    assert maker.make.__doc__ == "Make it."
    assert type(maker) is ModuleType
    assert inspect.getsource(maker) == FILES["maker.py"]
    with pytest.raises(AttributeError, match="has no attribute 'mend'"):
        _ = maker.mend


def test_a_fault_is_told_each_time(room: None) -> None:
    broken = import_module("poollint.room.broken")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            _ = broken.anything


@pytest.mark.parametrize("order", ["names", "reversed(names)"])
def test_modules_can_be_loaded_in_any_order(order: str) -> None:
    """None needs another that must have been loaded before it."""
    program = (
        "import pkgutil, poollint\n"
        "from importlib import import_module\n"
        "from poollint.engine.loading import Waiting, modules_loaded_late\n"
        "with modules_loaded_late():\n"
        "    names = [m.name for m in pkgutil.walk_packages(poollint.__path__, 'poollint.')\n"
        "             if m.name.rpartition('.')[2] not in ('__main__', 'plugin')]\n"
        f"    for name in {order}:\n"
        "        getattr(import_module(name), 'anything', None)\n"
        "        assert type(import_module(name)) is not Waiting, name\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_nothing_waits_beyond_the_block(tmp_path: Path) -> None:
    finders = [*sys.meta_path]
    with modules_loaded_late():
        assert len(sys.meta_path) == len(finders) + 1
    assert sys.meta_path == finders
