"""The tables of the catalog: TOML to people, compiled as Python's own modules are.

Reading TOML takes fifty times as long as what it says takes as bytecode. So a table goes through
the loader of the import system, which keeps what it compiled in `__pycache__`, where it may
write there, and makes it anew when the file changes.
"""

from __future__ import annotations

import os
import types
from functools import cache
from importlib.machinery import SourceFileLoader
from typing import Any

_HOME = os.path.dirname(__file__)
_SUFFIX = ".py"  # in the name for the loader only: `charts.toml` and `charts.py` are two files


class _Loader(SourceFileLoader):
    def path_stats(self, path: str) -> Any:
        return super().path_stats(path.removesuffix(_SUFFIX))

    def get_data(self, path: str) -> bytes:
        return super().get_data(path.removesuffix(_SUFFIX))

    # Typeshed has this as the static method of another class.
    def source_to_code(  # type: ignore[override]
        self, data: bytes, path: str, **_: Any
    ) -> types.CodeType:
        import tomllib  # only when there is something to compile

        return compile(repr(tomllib.loads(data.decode())), path, "eval")


@cache
def tables(name: str) -> dict[str, Any]:
    """Return the tables of a file of the catalog ("drivers.toml"); not to be changed."""
    code = _Loader(name, os.path.join(_HOME, name) + _SUFFIX).get_code(name)
    assert code is not None
    found: dict[str, Any] = eval(code, {"__builtins__": {}})
    return found
