"""Heroku's `app.json`: how many dynos of each type, and the plan of the database.

The commands stand in the Procfile beside it.

Source: devcenter.heroku.com/articles/app-json-schema and heroku-postgres-plans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from posixpath import basename, dirname

from poollint.catalog import plans
from poollint.facts.infrastructure import Process, Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment import hosting, procfile
from poollint.reading.deployment.deployed import Placed
from poollint.reading.deployment.documents import Manifest, ProcessFile
from poollint.reading.deployment.environments import Around, Environment, Format, Operated
from poollint.reading.deployment.scopes import below
from poollint.reading.deployment.variables import settled, unknown
from poollint.syntax.yaml import Mapping, Scalar

NAME = "Heroku"
_HOST = "heroku-postgresql"
_NAME = "max_connections"
_BY_SIZE = frozenset(("gunicorn", "uvicorn"))


def _suits(root: Mapping, path: str) -> bool:
    stated = root.mapping("formation").items or root.sequence("addons")
    return basename(path) == "app.json" and bool(stated)


def _read(manifest: Manifest, around: Around) -> Environment:
    files = [d for d in around.documents if isinstance(d, ProcessFile) and _beside(d, manifest)]
    scope = below(manifest.source.path, around.top)
    databases = tuple(_databases(manifest, scope))
    placed = tuple(
        _scaled(each, manifest, scope, around, bool(databases))
        for each in procfile.place(files[:1], around.options)
    )
    return Environment(scope, manifest.source.path, placed, (), databases)


FORMAT = Format(NAME, (b'"formation"', b'"addons"'), _suits, _read)


def _beside(file: ProcessFile, manifest: Manifest) -> bool:
    return dirname(file.source.path) == dirname(manifest.source.path)


def describes(file: ProcessFile, documents: tuple[object, ...]) -> bool:
    """Tell whether an `app.json` beside a Procfile says how many of its processes run."""
    return any(isinstance(d, Manifest) and d.kind == NAME and _beside(file, d) for d in documents)


def _scaled(
    placed: Placed, manifest: Manifest, scope: str, around: Around, database: bool
) -> Placed:
    """Return a process type with its number of dynos, and the address of the database."""
    workload = placed.workload
    node = manifest.root.get("formation", workload.name, "quantity")
    stated = hosting.stated(node, "replicas", "quantity")
    if stated:
        name = f"{workload.name}.replicas"
        stated = settled(stated, around.options.assume, name)
    url = Word(f"postgresql://{_HOST}/", Basis.DERIVED, manifest.root.span)
    extra = (Variable("DATABASE_URL", url, secret=True),) if database else ()
    own = hosting.variables(_variables(manifest))
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


def _variables(manifest: Manifest) -> Iterator[tuple[str, Word | None]]:
    for item in manifest.root.mapping("env").items:
        node = item.value.get("value") if isinstance(item.value, Mapping) else item.value
        if isinstance(node, Scalar):
            yield item.key.text, Word(node.text, Basis.STATED, node.span)


def _databases(manifest: Manifest, scope: str) -> Iterator[Operated]:
    for node in manifest.root.sequence("addons"):
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
