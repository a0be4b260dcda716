"""What tools that install charts do to them: values laid over each other, a namespace, names.

Source: helm.sh/docs/intro/using_helm ("The Format and Limitations of --set"): a step of a name ends
at a dot that no backslash stands before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import normpath

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import filling
from poollint.reading.deployment.helm.chart_files import ChartFiles
from poollint.reading.deployment.kubernetes.merging import with_value
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.variables import is_secret
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

_SELECTS = ("spec", "selector")
_SELECTED = ("spec", "template", "metadata", "labels")
_RELEASE = "poollint/release"  # a label of our own
MAX_DEPTH = 20
_POSTGRESQL = re.compile(r"postgres|pgsql", re.I)
_DATABASE = re.compile(r"(?:external)?database(?:Host|Url)?", re.I)
_OTHERS = re.compile(r"mysql|maria|mongo|sqlite|mssql|oracle", re.I)
_ODD = re.compile(r"\W")
_STEP = re.compile(r"((?:[^.\\]|\\.)+)")


@dataclass(frozen=True, slots=True)
class Installed:
    """The charts of the tree that a tool installs, and the files of values it lays over theirs."""

    charts: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()

    def __or__(self, other: Installed) -> Installed:
        return Installed(self.charts | other.charts, self.values | other.values)


class ValueFiles:
    """The files of values of a tree, whatever they are called."""

    def __init__(self, files: Iterable[SourceFile], beside: Callable[[str], str] | None) -> None:
        self._files = ChartFiles.of(files)
        self._beside = beside

    def read(self, path: str) -> Mapping | None:
        """Return the values at a path, None where no file of the tree is there, or is no YAML.

        Nothing but remarks are values all the same: none.
        """
        path = normpath(path)
        file = self._files.first(path)
        outside = path.startswith("..")
        text = file.text if file else self._beside(path) if self._beside and not outside else ""
        if file is None and not text:
            return None
        source = SourceFile(path, text)
        empty = not any(line.strip() and line.strip()[0] != "#" for line in text.splitlines())
        return Mapping((), "", source.span(0, 0)) if empty else values_of(source)


def values_of(source: SourceFile) -> Mapping | None:
    """Return the values of a text, None where it holds none."""
    stream = yaml.read(source)
    node = stream.documents[0] if stream.documents and not stream.unread else None
    return node if isinstance(node, Mapping) else None


def with_set(values: Mapping, one: Mapping) -> Mapping:
    """Return values with one of them (`name`, `value`) set, as they are where it is in a list."""
    value, name = one.get("value"), one.text("name")
    steps = [step.replace("\\.", ".") for step in _STEP.findall(name)]
    if not isinstance(value, Scalar) or not steps or "[" in name:
        return values
    node: Node = value
    for step in reversed(steps):
        node = Mapping((Item(Scalar(step, "", "", value.span), node),), "", value.span)
    return filling.merged(values, node) if isinstance(node, Mapping) else values


def variables(values: Mapping, before: str = "", depth: int = 0) -> Iterator[Variable]:
    """Yield the values of a chart as variables are called: `database.host` is DATABASE_HOST.

    What a list of pairs (`name` and `value`) sets are variables of a container already.
    """
    for item in values.items if depth < MAX_DEPTH else ():
        name = _ODD.sub("_", f"{before}{item.key.text}")
        if isinstance(item.value, Mapping):
            yield from variables(item.value, f"{name}_", depth + 1)
        elif isinstance(item.value, Sequence):
            for pair in item.value.items:
                held = pair.get("value") if isinstance(pair, Mapping) else None
                if isinstance(pair, Mapping) and isinstance(held, Scalar) and pair.text("name"):
                    yield _variable(pair.text("name"), held)
        elif not item.value.is_null:
            yield _variable(name.upper(), item.value)


def _variable(name: str, node: Scalar) -> Variable:
    return Variable(name, Word(node.text, Basis.STATED, node.span), is_secret(name))


def speak_of_database(values: Mapping) -> bool:
    """Tell whether values hold something for PostgreSQL, or a database not said to be another."""
    words = tuple(_said(values, 0))
    if any(_POSTGRESQL.search(word) for word in words):
        return True
    return any(map(_DATABASE.fullmatch, words)) and not any(map(_OTHERS.search, words))


def _said(values: Mapping, depth: int) -> Iterator[str]:
    """Yield the names of values, but those that are turned off, and their texts of one word."""
    for item in values.items if depth < MAX_DEPTH else ():
        name, value = item.key.text, item.value
        if isinstance(value, Mapping):
            on = value.text("enabled") != "false" or _OTHERS.search(name)
            yield from (name, *_said(value, depth + 1)) if on else ()
        else:
            yield name
            if isinstance(value, Scalar) and value.text.isalnum():
                yield value.text


def apart(manifest: Manifest, release: str) -> Manifest:
    """Return an object that selects, and is selected, within its own release only."""
    path = _SELECTS if manifest.kind == "Service" else _SELECTED
    labels = manifest.root.get(*path)
    if not isinstance(labels, Mapping) or not labels.items:
        return manifest
    mark = Scalar(release, "", "", labels.span)
    return replace(manifest, root=with_value(manifest.root, (*path, _RELEASE), mark))


def within(manifest: Manifest, namespace: Node | None) -> Manifest:
    """Return an object in the namespace of its release, where it does not state its own."""
    if not isinstance(namespace, Scalar) or not namespace.text or manifest.namespace:
        return manifest
    return replace(manifest, root=with_value(manifest.root, ("metadata", "namespace"), namespace))
