"""Which `.env` files a program reads its variables from, as its Python files say.

Sources: python-dotenv 1.1.1 (`find_dotenv` begins beside the file that calls it and goes up),
python-decouple 3.8 (`AutoConfig` does the same), environs 14 and django-environ 0.12
(`read_env`), pydantic-settings 2.10 and starlette 0.47 (a path, relative to where the program is
started).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from posixpath import dirname, join, normpath
from typing import NamedTuple

from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.scopes.shapes import dotted, of_ast
from poollint.syntax.nodes import walk

# What loads a file, with a word of the module that it is imported from.
_LOADERS = {
    "load_dotenv": "dotenv",
    "dotenv_values": "dotenv",
    "find_dotenv": "dotenv",
    "read_env": "environ",
    "RepositoryEnv": "decouple",
    "Config": "starlette",
}
_NEAREST = frozenset({"load_dotenv", "dotenv_values", "find_dotenv", "read_env"})
_PATHS = ("dotenv_path", "path", "env_file")  # what they call their first argument
_NAMED = "env_file"
_TAKING = frozenset({"SettingsConfigDict", "pydantic_settings.SettingsConfigDict", "uvicorn.run"})
_WORDS = ("dotenv", "env_file", "read_env", "decouple", "starlette.config")
_FILE = re.compile(r"(?:.*/)?(?:[\w-]*\.env(?:[.-][\w.-]*)?|env)")
_DEPTH = 5  # names that stand for names


class Loaded(NamedTuple):
    """A folder (POSIX, "" the top) with files of variables, and the folder of their program."""

    files: str
    program: str


def may_load(text: str) -> bool:
    """Tell by its words whether a Python file can load files of variables."""
    return any(word in text for word in _WORDS)


def loaded(files: PythonFiles, path: str, folders: Iterable[str]) -> Iterator[Loaded]:
    """Yield those of `folders` from which the Python file `path` loads files of variables.

    A path in the code counts from any folder above the file: which one the program is started
    in is not told, and what stands before the path is often computed.
    """
    data = files.data(path)
    if not may_load(data.decode("utf-8", "replace")):
        return
    tree = files.tree(path)
    if tree is None:
        return
    there = frozenset(folders)
    for told in dict.fromkeys(_told(tree.module, data.decode("utf-8", "replace"))):
        above = [join(folder, told or "").rstrip("/") for folder in _above(path)]
        found = [
            Loaded(place, folder)
            for place, folder in zip(above, _above(path), strict=True)
            if place in there
        ]
        yield from found[:1] if told is None else found


def _above(path: str) -> list[str]:
    """Return the folders around a file, from its own up to the top ("")."""
    found = [dirname(normpath(path))]
    while found[-1]:
        found.append(dirname(found[-1]))
    return found


def _told(module: ast.Module, text: str) -> Iterator[str | None]:
    """Yield the folders of the files that a module loads, None for the nearest one above it."""
    values = {
        target.id: node.value
        for node in walk(module)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in walk(module):
        match node:
            case ast.ImportFrom(module="decouple", names=names):
                if any(name.name == "config" for name in names):
                    yield None
            case ast.Call():
                yield from _of_call(node, values, text)
            case ast.ClassDef(name="Config") | ast.Dict() if "pydantic" in text:
                for value in _settings(node):
                    yield from _folders(value, values)


def _settings(node: ast.ClassDef | ast.Dict) -> Iterator[ast.expr]:
    """Yield what pydantic is told in `class Config` or `model_config = {…}`."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == _NAMED:
                yield value
        return
    for inner in node.body:
        match inner:
            case ast.Assign(targets=[ast.Name(id="env_file")], value=value):
                yield value


def _of_call(call: ast.Call, values: dict[str, ast.expr], text: str) -> Iterator[str | None]:
    callee = dotted(of_ast(call.func))
    name = callee.rpartition(".")[2]
    loads = name in _LOADERS and _imports(_LOADERS[name], text)
    asked = {f"_{_NAMED}", *(_PATHS if loads else ())}
    if callee in _TAKING:
        asked.add(_NAMED)
    given = [k.value for k in call.keywords if k.arg in asked]
    if loads:
        given += call.args[:1]
    if loads and not given and name in _NEAREST:
        yield None
    for node in given:
        yield from _folders(node, values)


def _imports(word: str, text: str) -> bool:
    return re.search(rf"^[ \t]*(?:from|import)[ \t][\w., \t]*{word}", text, re.M) is not None


def _folders(node: ast.expr, values: dict[str, ast.expr], depth: int = 0) -> Iterator[str]:
    """Yield the folders that an expression for the path of a file, or several, ends with."""
    match node:
        case _ if depth > _DEPTH:
            return
        case ast.Tuple(elts=several) | ast.List(elts=several) | ast.BoolOp(values=several):
            pass
        case ast.IfExp(body=one, orelse=other):
            several = [one, other]
        case ast.Name(id=name) if name in values:
            several = [values[name]]
        case ast.Call(func=ast.Attribute(attr="get" | "getenv"), args=[_, fallback]):
            several = [fallback]
        case _:
            yield from _folder(node)
            return
    for inner in several:
        yield from _folders(inner, values, depth + 1)


def _folder(node: ast.expr) -> Iterator[str]:
    """Yield the folder of one path, as far as texts say it; nothing for what is no such file."""
    whole = "/".join(text for text in _constants(node) if isinstance(text, str))
    absolute = isinstance(node, ast.Constant) and whole.startswith("/")
    if _FILE.fullmatch(whole) and not absolute:
        yield "/".join(name for name in whole.split("/")[:-1] if name not in ("", ".", ".."))


def _constants(node: ast.AST) -> Iterator[object]:
    """Yield the constants of an expression from left to right."""
    if isinstance(node, ast.Constant):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _constants(child)
