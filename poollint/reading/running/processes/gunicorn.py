"""What a configuration file of gunicorn says of loading the application, and of its workers.

Source: gunicorn 27.0.1, config.py: the file is Python, its names at module level are settings;
`gunicorn.conf.py` in the working directory is read without being named.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from poollint.model.source import Span
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

DEFAULT = "gunicorn.conf.py"
_NAMED = re.compile(r"(?:.*/)?gunicorn[\w.-]*\.py")
_HOOKS = frozenset({"post_fork", "post_worker_init"})
# Hooks of the parent, after the application is loaded: they may close what it opened.
_EARLIER = frozenset({"pre_fork", "when_ready", "on_starting"})
_CLOSES = re.compile(r"dispose\w*|close\w*|terminate")
# Calls that do nothing for a database: they log, and look at the worker.
_TELLS = re.compile(r"debug|info|warning|warn|error|exception|critical|log|print|format|str|getpid")
# What says that a worker serves one request after another.
_ALONE: dict[str, object] = {"threads": 1, "worker_class": "sync"}


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration file.

    preload      where it says that the application is loaded before the workers are forked
    application  what is loaded, where the file says so ("shop.api:app"); `folder` the one that
                 is changed to before
    rebuilds     a hook does something in each worker, besides logging, or closes what is open
                 before they are forked
    single       it states that there is one worker
    abreast      it sets, or may set, that a worker serves several requests at once
    """

    preload: Span | None = None
    application: str = ""
    folder: str = ""
    rebuilds: bool = False
    single: bool = False
    abreast: bool = False


def is_named(path: str) -> bool:
    """Tell whether a file is one of gunicorn's, by its name."""
    return bool(_NAMED.fullmatch(path))


def settings(tree: PythonTree) -> Settings:
    """Return what a configuration file says; a setting that is computed says nothing."""
    told: dict[str, ast.Assign] = {}
    rebuilds = False
    for statement in tree.module.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                told[target.id] = statement
                rebuilds = rebuilds or target.id in _HOOKS
        elif isinstance(statement, FunctionDef) and statement.name in _HOOKS:
            rebuilds = rebuilds or _does_something(statement)
        elif isinstance(statement, FunctionDef) and statement.name in _EARLIER:
            rebuilds = rebuilds or any(_CLOSES.fullmatch(name) for name in _called(statement))
        elif isinstance(statement, ast.ImportFrom | ast.If | ast.Try):
            rebuilds = rebuilds or _defines_hook(statement)

    def constant(name: str) -> object:
        value = told[name].value if name in told else None
        return value.value if isinstance(value, ast.Constant) else None

    preload = tree.span(told["preload_app"]) if constant("preload_app") is True else None
    application, folder = constant("wsgi_app"), constant("chdir")
    return Settings(
        preload,
        application if isinstance(application, str) else "",
        folder if isinstance(folder, str) else "",
        rebuilds,
        constant("workers") == 1,
        _abreast(tree.module),
    )


def _abreast(module: ast.Module) -> bool:
    """Tell whether a worker may serve several requests at once: threads, or a class of workers.

    What is set under a condition, or imported, may be anything.
    """
    nodes = list(walk(module))
    stored = [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    imported = [a.asname or a.name for n in nodes if isinstance(n, ast.ImportFrom) for a in n.names]
    alone = [name for node in nodes for name in _one_by_one(node)]
    several = sum(name in _ALONE for name in (*stored, *imported)) > len(alone)
    return several or "*" in imported


def _one_by_one(node: ast.AST) -> Iterator[str]:
    """Yield the setting that an assignment gives a value with which requests follow each other."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
            if value == _ALONE.get(name, ast):
                yield name


def _does_something(hook: FunctionDef) -> bool:
    assigns = any(isinstance(n, ast.Global | ast.Import | ast.ImportFrom) for n in walk(hook))
    return assigns or any(not _TELLS.fullmatch(name) for name in _called(hook))


def _called(hook: FunctionDef) -> Iterator[str]:
    """Yield the last name of everything that a hook calls."""
    for node in walk(hook):
        if isinstance(node, ast.Call):
            func = node.func
            yield func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _defines_hook(statement: ast.stmt) -> bool:
    """Tell whether a hook may come from elsewhere, or be defined under a condition."""
    if isinstance(statement, ast.ImportFrom):
        return any(alias.name in (*_HOOKS, "*") for alias in statement.names)
    return any(isinstance(n, FunctionDef) and n.name in _HOOKS for n in walk(statement))
