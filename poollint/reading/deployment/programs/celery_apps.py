"""What an application of Celery says of its workers, where their command leaves that to it.

Source: celery 5.7, run with each of these: `bin/worker.py` (an option, or the variable that click
makes of its name, is stronger than the application), `app/base.py` and `app/utils.py` (what is set
on `app.conf`, or given to `Celery(…)`, is stronger than the object it is configured from; a
namespace stands before the names of settings, in capitals where it is), `app/defaults.py` (the
older name), `app/utils.py` `find_app` (which module is meant by `-A`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from posixpath import normpath
from typing import NamedTuple

from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Container, Process
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.connections.pools.bags import Items
from poollint.reading.deployment.linking.variables import environment, unknown
from poollint.reading.deployment.programs import celery_settings, evaluating
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, dotted, of_ast
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

TOOL = "celery"
_MARK = b"Celery"
_COUNT = ("worker_concurrency", "CELERYD_CONCURRENCY")
_POOL = ("worker_pool", "CELERYD_POOL")
_POOL_VARIABLE = "CELERY_WORKER_POOL"
_PREFORK = ("", "prefork")  # with which a worker asks its application for another pool
_MODULE_VARIABLE = "DJANGO_SETTINGS_MODULE"
_DJANGO = ("django.conf:settings", "django.conf.settings")
_DEFINED_AS = ("app", "celery", "celery_app")


class _Value(NamedTuple):
    """What a setting is given, and where that is read; no `node` where it is not sure what."""

    node: ast.expr | None
    scope: str
    file: _File
    span: Span
    name: str


class _File(NamedTuple):
    path: str
    names: Names
    tree: PythonTree


def configured(process: Process, container: Container, exports: Exports) -> Process:
    """Return a worker of Celery with what its application says, as far as that counts.

    Nothing where the command, or a variable, has said it, or the application is not in the tree.
    """
    file = _home(process, container, exports)
    return _App(file, process, container, exports).process() if file else process


def _home(process: Process, container: Container, exports: Exports) -> _File | None:
    """Return the file that makes the application which `-A` names."""
    name = process.application.partition(":")[0]
    for module in (name, f"{name}.celery", name.rpartition(".")[0]) if name else ():
        path = _module(module, container, exports) if module else ""
        if path and _MARK in exports.files.data(path):
            return _file(path, exports)
        names = exports.names(path) if path else None
        imported = (names.import_in(known, "") for known in _DEFINED_AS) if names else ()
        for found in (exports.origin(path, known) for known in imported if known):
            if found and _MARK in exports.files.data(found[0]):
                return _file(found[0], exports)
    return None


def _module(name: str, container: Container, exports: Exports) -> str:
    """Return the file of a module, seen from the folder that an image is built from."""
    home = normpath(container.build) if container.build else "."
    home = "" if home == "." else home
    roots = exports.files.modules(name)
    if home in roots:
        return roots[home]
    inside = [path for root, path in roots.items() if not home or root.startswith(f"{home}/")]
    return inside[0] if len(inside) == 1 else ""


def _file(path: str, exports: Exports) -> _File | None:
    names, tree = exports.names(path), exports.files.tree(path)
    return _File(path, names, tree) if names and tree else None


@dataclass(frozen=True, slots=True)
class _App:
    """The file that makes an application, and a worker that runs it."""

    file: _File
    worker: Process
    container: Container
    exports: Exports

    def process(self) -> Process:
        """Return the worker with the pool, and the number, that the application says."""
        (tool,) = (tool for tool in platforms().tools if tool.name == TOOL)
        before = tool.kind(self.worker.kind or tool.default_class)
        figure = self.worker.threads if before == "spread" else self.worker.processes
        asked = self._pool()
        kind = tool.kind(asked or tool.default_class)
        if figure is None or before == "single":
            return self.worker
        if isinstance(figure.origin, str):  # a default: neither an option nor a variable says
            figure = self._count() or figure
        return _of_kind(replace(self.worker, kind=asked), kind, figure)

    def _pool(self) -> str:
        """Return the pool of a worker: prefork is no more than what none is."""
        given = environment(self.container.variables).get(_POOL_VARIABLE)
        kind = self.worker.kind or (given.value.value or "" if given else "")
        value = self._stated(_POOL) if kind in _PREFORK else None
        if value is None or not isinstance(value.node, ast.Constant):
            return kind
        return value.node.value if isinstance(value.node.value, str) else kind

    def _count(self) -> Figure | None:
        """Return the number that the application states, None where that is the default."""
        value = self._stated(_COUNT)
        if value is None:
            return None
        if value.node is None:
            return unknown("workers", value.span, value.name)
        names, tree = value.file.names, value.file.tree
        if isinstance(value.node, ast.Constant) and not value.node.value:
            return None
        at = evaluating.Place(names, tree, value.scope)
        told = evaluating.figure(value.node, "workers", at, self.container, value.name)
        return told if told.hint else replace(told, hint=value.name)

    def _stated(self, names: tuple[str, ...]) -> _Value | None:
        """Return what a setting is, by any of its names: what is set on the application first."""
        own = [value for value in self._set() if value.name in names or not value.name]
        known = [value for value in own if value.name]
        if known:
            return known[0] if len(known) == 1 else known[-1]._replace(node=None)
        found = [value for source in self._sources() for value in source.values(names)]
        told = found[-1] if found else None
        return told or (own[-1]._replace(name="what `conf` is updated with") if own else None)

    def _set(self) -> Iterator[_Value]:
        """Yield what is set on `app.conf`, or given to `Celery(…)`.

        What is set where that depends has no node, and a mapping that is not known no name.
        """
        for statement in celery_settings.statements(self.file.tree.module):
            for name, node in celery_settings.settings(statement, self.file.names):
                span = self.file.tree.span(node)
                value = node if statement.sure and name else None
                yield _Value(value, statement.scope, self.file, span, name)

    def _sources(self) -> Iterator[_Source]:
        """Yield the objects that the application takes its settings from."""
        for statement in celery_settings.statements(self.file.tree.module):
            for node in celery_settings.calls(statement.node):
                last = dotted(of_ast(node.func)).rpartition(".")[2]
                given = {word.arg: word.value for word in node.keywords}
                namespace = given.get("namespace")
                prefix = namespace.value if isinstance(namespace, ast.Constant) else ""
                found = given.get("config_source") if last == "Celery" else None
                if last == "config_from_object":
                    found = node.args[0] if node.args else given.get("obj")
                if found is not None:
                    yield _Source(self, found, statement.scope, str(prefix or ""))

    def settings(self) -> str:
        """Return the module of Django's settings, "" where it is not known."""
        given = environment(self.container.variables).get(_MODULE_VARIABLE)
        if given:
            return given.value.value or ""
        told = {
            node.args[1].value
            for node in walk(self.file.tree.module)
            if isinstance(node, ast.Call) and len(node.args) == 2
            and isinstance(node.args[0], ast.Constant) and node.args[0].value == _MODULE_VARIABLE
            and isinstance(node.args[1], ast.Constant)
        }  # fmt: skip
        return str(told.pop()) if len(told) == 1 else ""


class _Source(NamedTuple):
    """An object that an application takes its settings from, as its code names it."""

    app: _App
    node: ast.expr
    scope: str
    prefix: str

    def values(self, names: tuple[str, ...]) -> Iterator[_Value]:
        """Yield what the object says of a setting: nothing where it says nothing."""
        keys = tuple(dict.fromkeys((*(self._key(name) for name in names), *names)))
        held = self._held()
        if held is not None:
            for key, value in held:
                if key in keys:
                    yield self._value(value, str(key))
            return
        for key in keys:
            found = self._of_class(key) or self._of_module(key)
            if found:
                yield found
                return

    def _key(self, name: str) -> str:
        """Return a setting's name behind the namespace (`CELERY_WORKER_CONCURRENCY`)."""
        if not self.prefix:
            return name
        whole = f"{self.prefix}_{name}"
        return whole.upper() if self.prefix.isupper() else whole

    def _held(self) -> Items | None:
        return celery_settings.held(self.node, self.app.file.names, self.scope)

    def _value(self, node: ast.expr, key: str) -> _Value:
        file = self.app.file
        return _Value(node, self.scope, file, file.tree.span(node), key)

    def _of_class(self, key: str) -> _Value | None:
        name = dotted(of_ast(self.node))
        if name not in self.app.file.names.classes:
            return None
        return _bound(self.app.file, Attribute(Name(name), key), key)

    def _of_module(self, key: str) -> _Value | None:
        """Return what a module, or what it holds, says of a setting by its name there."""
        exports, path = self.app.exports, self.app.file.path
        name = self._named()
        found = exports.origin(path, f"{name}.{key}") if name else None
        file = _file(found[0], exports) if found else None
        if found is None or file is None:
            return None
        first, _, rest = found[1].rpartition(".")
        shape = Attribute(Name(first), rest) if first else Name(rest)
        return _bound(file, shape, key)

    def _named(self) -> str:
        """Return what the object is called: a module, or what a module holds."""
        if isinstance(self.node, ast.Constant) and isinstance(self.node.value, str):
            name = self.node.value
        else:
            name = self.app.file.names.qualified(of_ast(self.node), self.scope)
        if name in _DJANGO:
            return self.app.settings()
        return name.replace(":", ".")


def _bound(file: _File, shape: Name | Attribute, key: str) -> _Value | None:
    """Return the one value of a name; without a node where it has several, or may have none."""
    bound = file.names.bound(shape, "")
    last = bound[-1].value if bound else None
    if last is None:
        return None
    body = file.tree.module.body
    if isinstance(shape, Attribute) and isinstance(shape.of, Name):
        body = file.names.classes[shape.of.text].body if shape.of.text in file.names.classes else []
    sure = len(bound) == 1 and any(getattr(node, "value", None) is last for node in body)
    return _Value(last if sure else None, bound[-1].where, file, file.tree.span(last), key)


def _of_kind(process: Process, kind: str, count: Figure) -> Process:
    """Return a worker whose pool means by its number what `platforms.toml` says of its kind."""
    one = Figure(1, 1, "", Basis.STATED, process.span)
    if kind == "one":
        return replace(
            process,
            processes=replace(count, name="workers"),
            threads=replace(one, name="threads"),
            preload=process.preload or process.span,
        )
    threads = count if kind == "spread" else one
    return replace(
        process,
        processes=replace(one, name="workers", hint=TOOL),
        threads=replace(threads, name="threads"),
        preload=None,
    )
