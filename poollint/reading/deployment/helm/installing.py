"""How commands install the charts of a tree: with which values, laid over each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.helm.chart_files import CHART, ChartFiles
from poollint.reading.deployment.helm.commands import Command, CommandFile, commands
from poollint.reading.deployment.helm.filling import merged
from poollint.reading.deployment.helm.moving import Moves
from poollint.reading.deployment.helm.outside import OWN
from poollint.reading.deployment.helm.releases import ValueFiles, with_set
from poollint.reading.deployment.kubernetes.kustomize import in_place
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

PIPELINE = "Builds"
"""The kind of a manifest that is a workflow, or another pipeline."""
MAX_ABOVE = 6


@dataclass(frozen=True, slots=True)
class Run:
    """A chart installed by a command: the files of values it names, and all values together."""

    files: tuple[str, ...]
    values: Mapping


def told(documents: Iterable[object]) -> tuple[Command, ...]:
    """Return all commands that install charts."""
    return tuple(command for document in documents for command in _told(document))


def of(
    chart: SourceFile, every: Iterable[Command], files: ChartFiles, values: ValueFiles
) -> tuple[Run, ...]:
    """Return how commands install a chart, those alone whose files of values can all be read."""
    home = normpath(dirname(chart.path) or ".")
    found: dict[tuple[object, ...], Run] = {}
    for command in every:
        for base in _above(command.path):
            named = normpath(join(base, command.chart))
            if named != home or not files.first(normpath(join(named, CHART))):
                continue
            run = _run(command, base, values)
            own = {normpath(join(home, name)) for name in OWN}
            if run and (command.values or not own.issuperset(run.files)):
                found.setdefault((run.files, command.values), run)
            break
    return tuple(found.values())


def _run(command: Command, base: str, values: ValueFiles) -> Run | None:
    paths = tuple(normpath(join(base, file)) for file in command.files)
    read_ = [values.read(path) for path in paths]
    known = [one for one in read_ if one is not None]
    if len(known) < len(paths):
        return None
    whole = known[0]
    for one in known[1:]:
        whole = merged(whole, one)
    for name, value, span in command.values:
        whole = with_set(whole, _pair(name, value, span))
    return Run(paths, whole)


def _pair(name: str, value: str, span: Span) -> Mapping:
    items = (("name", name), ("value", value))
    nodes = tuple(Item(Scalar(k, "", "", span), Scalar(v, "", "", span)) for k, v in items)
    return Mapping(nodes, "", span)


def _above(path: str) -> Iterator[str]:
    """Yield the folders from which a command may count: that of its file, and those around it."""
    folder = dirname(path) or "."
    for _ in range(MAX_ABOVE):
        yield folder
        if folder == ".":
            return
        folder = dirname(folder) or "."


def _told(document: object) -> Iterator[Command]:
    """Yield the commands of a document: of a pipeline those in its texts."""
    if isinstance(document, CommandFile):
        yield from document.commands
    elif isinstance(document, Manifest) and document.kind == PIPELINE:
        yield from _within(document.root, "", document.source)


def _within(node: Node, folder: str, source: SourceFile) -> Iterator[Command]:
    """Yield the commands below a node of a pipeline, whose shells begin in `folder`."""
    if isinstance(node, Mapping):
        given = node.text("defaults", "run", "working-directory")
        folder = node.text("working-directory") or given or folder
        for item in node.items:
            yield from _within(item.value, folder, source)
    elif isinstance(node, Sequence):
        for inner in node.items:  # texts of a list are lines of one script
            yield from _within(inner, folder, source)
            if isinstance(inner, Scalar) and "cd " in inner.text:
                folder = Moves(inner.text, folder).at(len(inner.text)) or ""
    elif "helm " in node.text:
        placed = in_place(node, source)
        yield from commands(placed, Moves(placed.text, folder))
