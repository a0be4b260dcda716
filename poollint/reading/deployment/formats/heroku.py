"""Heroku's `app.json`: how many dynos of each type, and the plan of the database.

The commands stand in the Procfile beside it.

Source: devcenter.heroku.com/articles/app-json-schema and heroku-postgres-plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import basename, dirname
from typing import TypeGuard

from poollint.catalog import plans
from poollint.facts.infrastructure import Process, Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import hosting, procfile
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.documents import Manifest, ProcessFile
from poollint.reading.deployment.linking.environments import Around, Environment, Format, Operated
from poollint.reading.deployment.linking.variables import settled, unknown
from poollint.reading.deployment.screening import Root
from poollint.syntax.procfile import Line
from poollint.syntax.yaml import Mapping, Node, Scalar

NAME = "Heroku"
BUILT = "heroku.yml"
_HOST = "heroku-postgresql"
_NAME = "max_connections"
_BY_SIZE = frozenset(("gunicorn", "uvicorn"))


def _suits(root: Mapping, path: str) -> bool:
    if basename(path) != "app.json":
        return False
    return bool(root.mapping("formation").items or root.sequence("addons"))


def _read(manifest: Manifest, around: Around) -> Environment | None:
    if any(_is_built(d) and _beside(d, manifest) for d in around.documents):
        return None  # the `heroku.yml` beside it says what runs, and asks here how much of it
    files = [d for d in around.documents if isinstance(d, ProcessFile)
             and basename(d.source.path) == "Procfile" and _beside(d, manifest)]  # fmt: skip
    scope = below(manifest.source.path, around.top)
    known = tuple(databases(manifest.root.sequence("addons"), scope))
    given = hosting.variables(variables(manifest))
    placed = tuple(
        scaled(each, manifest, scope, around, known, ())
        for each in procfile.place(files[:1] or [_unnamed(manifest)], around.options, given)
    )
    return Environment(scope, manifest.source.path, placed, (), known)


def _unnamed(manifest: Manifest) -> ProcessFile:
    """Return the process types of a formation whose commands stand in no file."""
    keys = (item.key for item in manifest.root.mapping("formation").items)
    lines = tuple(Line(key.text, key.span, "", key.span) for key in keys)
    return ProcessFile(manifest.source, lines)


_ROOT = Root(
    ("formation", "addons"), (b'"formation"', b'"addons"'), lambda path: path.endswith(".json")
)
FORMAT = Format(NAME, _ROOT, _suits, _read)


def _is_built(document: object) -> TypeGuard[Manifest]:
    return isinstance(document, Manifest) and document.kind == BUILT


def _beside(file: ProcessFile | Manifest, manifest: Manifest) -> bool:
    return dirname(file.source.path) == dirname(manifest.source.path)


def describes(file: ProcessFile, documents: tuple[object, ...]) -> bool:
    """Tell whether another file beside a Procfile says what, or how much of it, runs."""
    found = (d for d in documents if isinstance(d, Manifest) and d.kind in (NAME, BUILT))
    return any(_beside(file, manifest) for manifest in found)


def beside(manifest: Manifest, documents: Iterable[object]) -> Manifest | None:
    """Return the `app.json` in the folder of another file, None where there is none."""
    found = (d for d in documents if isinstance(d, Manifest) and d.kind == NAME)
    return next((d for d in found if _beside(d, manifest)), None)


def scaled(
    placed: Placed, manifest: Manifest | None, scope: str, around: Around,
    known: tuple[Operated, ...], given: Iterable[tuple[str, Node | Word | None]],
) -> Placed:  # fmt: skip
    """Return a process type with the dynos of an `app.json`, and the address of the database."""
    workload = placed.workload
    node = manifest.root.get("formation", workload.name, "quantity") if manifest else None
    stated = hosting.stated(node, "replicas", "quantity")
    if stated:
        name = f"{workload.name}.replicas"
        stated = settled(stated, around.options.assume, name)
    url = Word(f"postgresql://{_HOST}/", Basis.DERIVED, workload.span)
    extra = (Variable("DATABASE_URL", url, secret=True),) if known else ()
    own = hosting.variables(given)
    found = tuple(
        replace(
            unit,
            container=replace(
                unit.container,
                process=_process(unit.container.process),
                variables=(*extra, *own, *unit.container.variables),
            ),
            complete=False,  # the rest is set by hand
        )
        for unit in placed.units
    )
    workload = replace(
        workload,
        scope=scope,
        platform="heroku",
        replicas=stated or workload.replicas,
        containers=tuple(unit.container for unit in found),
    )
    return replace(placed, workload=workload, units=found)


def _process(process: Process | None) -> Process | None:
    """Return a process; how many it makes by default the size of the dyno decides.

    Source: heroku/heroku-buildpack-python, `WEB_CONCURRENCY.sh`.
    """
    if process is None or process.tool not in _BY_SIZE:
        return process
    if process.processes.basis is not Basis.DEFAULTED:
        return process
    hint = "Heroku sets WEB_CONCURRENCY by the size of the dyno"
    return replace(process, processes=unknown("workers", process.span, hint))


def variables(manifest: Manifest) -> Iterator[tuple[str, Word]]:
    """Yield the variables that an `app.json` sets."""
    for item in manifest.root.mapping("env").items:
        node = item.value.get("value") if isinstance(item.value, Mapping) else item.value
        if isinstance(node, Scalar):
            yield item.key.text, Word(node.text, Basis.STATED, node.span)


def databases(addons: Iterable[Node], scope: str) -> Iterator[Operated]:
    """Yield the first database among add-ons, each its plan, or a mapping that holds it."""
    for node in addons:
        plan = node.get("plan") if isinstance(node, Mapping) else node
        if not isinstance(plan, Scalar) or not plan.text.startswith("heroku-postgresql"):
            continue
        number = plans.heroku(plan.text)
        hint = f"what the plan {plan.text} takes is not known"
        limit = hosting.unstated(_NAME, plan.span, hint)
        if number:
            limit = Figure(number, number, _NAME, Basis.ASSUMED, plan.span, f"plan {plan.text}")
        # The limit of a plan is what its one role may open: nothing of it is kept back.
        none = Figure.defaulted(0, "superuser_reserved_connections", "Heroku: the plan's limit")
        database = hosting.Database(_HOST, plan.span, (_HOST,), limit, superuser_reserved=none)
        yield hosting.server(database, "heroku", scope)
        return
