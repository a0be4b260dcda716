"""The facts of one Python file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from posixpath import relpath

import libcst as cst

from poollint.catalog.merged import drivers, frameworks
from poollint.facts.code import Function, Module, Pool, Recurrence, Statement
from poollint.facts.connections import Acquisition
from poollint.facts.forking import Inherited
from poollint.model.finding import Step
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.connections.advancing import advanced
from poollint.reading.connections.atomic import atomic, transacts
from poollint.reading.connections.building import pools
from poollint.reading.connections.entering import entered, enters
from poollint.reading.connections.given import Making
from poollint.reading.connections.handing import TAKING, handed
from poollint.reading.connections.holding import Held, holds
from poollint.reading.connections.idling import idle
from poollint.reading.connections.injecting import injected, injects
from poollint.reading.connections.kept_sessions import keeps_session, kept_session
from poollint.reading.connections.leaks import acquisitions, kept_by_objects, of_script
from poollint.reading.connections.nesting import nested
from poollint.reading.connections.on_use import connects_on_use, used
from poollint.reading.connections.ownership import TOO_COMPLEX, too_complex
from poollint.reading.connections.owning import takes
from poollint.reading.connections.popping import popped
from poollint.reading.connections.registered import registered, registers
from poollint.reading.connections.sharing import Sharing
from poollint.reading.connections.taking import taken as takings
from poollint.reading.connections.waiting import Waits
from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.exports import offered
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import of_ast
from poollint.reading.paths.once import once
from poollint.reading.paths.walk import of_unit
from poollint.reading.reader import FileReading, Options
from poollint.reading.running.forking import forked, may_fork
from poollint.reading.running.recurrence import recurrences
from poollint.reading.running.surroundings import Surroundings, is_test, surroundings
from poollint.reading.session.calls import called, may_call
from poollint.reading.session.django import stated
from poollint.reading.session.makers import made
from poollint.reading.session.statements import may_matter, runs_sql, statements
from poollint.syntax.nodes import children
from poollint.syntax.python import PythonTree, Unit, parse

_KINDS = frozenset({*TAKING, "pool", "engine", "execute", "listener"})


@dataclass(frozen=True, slots=True)
class _Found:
    """What one unit holds."""

    functions: tuple[Function, ...]
    statements: tuple[Statement, ...]
    unread: tuple[Unreadable, ...] = ()


def read(source: SourceFile, options: Options) -> FileReading:
    """Read a Python file: its functions that touch a database, its pools and statements."""
    tree = parse(source)
    if isinstance(tree, Unreadable):
        return FileReading(source.path, "python", unread=(tree,))
    outside = options.exports().seen_from(source.path) if options.exports else None
    names = Names(tree.module, drivers(options.additions), outside)
    runs = recurrences(
        tree.module, source.path, names.imports, frameworks(options.additions), tree.span,
        spared=Making(names).spared,
    )  # fmt: skip
    inside = relpath(source.path, options.top or ".")
    around = surroundings(tree.module, inside, names, runs)
    files = options.exports().files.tree if options.exports else None
    waits = Waits(tree, names, files)
    unread: list[Unreadable] = []
    found: list[_Found] = []
    session = may_matter(source.text)
    for prefix, group in tree.statements():
        if not any(_matters(statement, prefix, names, session) for statement in group):
            continue
        unit = tree.unit(prefix, group)
        if isinstance(unit, Unreadable):
            unread.append(unit)
        else:
            found.append(_unit(unit, names, runs, around, waits))
            unread += found[-1].unread
    at_import, given_up = of_script(tree, names, around[""], runs.get(""))
    unread += given_up
    if at_import:
        found.append(_Found((_at_import(at_import[0].span, (), runs.get(""), at_import),), ()))
    functions = tuple(function for one in found for function in one.functions)
    exports = options.exports() if options.exports else None
    sharing = Sharing(tree, names, runs, exports, options.top)
    project = stated(tree, names)
    module = Module(
        source.path,
        _drivers(names),
        _with_shared(functions, sharing, tree, names, runs),
        (*(statement for one in found for statement in one.statements), *project.statements),
        tuple(offered(names)),
        _serverless(runs),
        inherited=_inherited(tree, names, functions, inside) if may_fork(source.text) else (),
        databases=project.databases,
    )
    return FileReading(source.path, "python", module=module, unread=tuple(unread))


def _with_shared(
    functions: tuple[Function, ...],
    sharing: Sharing,
    tree: PythonTree,
    names: Names,
    runs: dict[str, Recurrence | str],
) -> tuple[Function, ...]:
    """Add what functions share with others; a function may do nothing else that matters."""
    shared = {name: found for name in names.functions if (found := tuple(sharing.of(name)))}
    known = {function.name for function in functions}
    more = []
    for name in shared.keys() - known:
        node, run = names.functions[name], runs.get(name)
        more.append(
            Function(
                name=name,
                span=tree.span(node),
                is_async=isinstance(node, ast.AsyncFunctionDef),
                acquisitions=(),
                pools=(),
                recurrence=run if isinstance(run, Recurrence) else None,
                once=run if isinstance(run, str) else "",
            )
        )
    more.sort(key=lambda function: function.span.start)
    return tuple(
        replace(function, shared=shared.get(function.name, ())) for function in (*functions, *more)
    )


def _inherited(
    tree: PythonTree, names: Names, functions: tuple[Function, ...], inside: str
) -> tuple[Inherited, ...]:
    """Return what children that the file forks inherit open; tests fork to see what happens."""
    if is_test(inside):
        return ()
    return forked(tree, names, {p.span.start: p for f in functions for p in f.pools})


def _serverless(runs: dict[str, Recurrence | str]) -> Step | None:
    """Return the handler of a platform that freezes instances between two events."""
    platforms = {f.title for f in frameworks().frameworks.values() if f.serverless}
    for run in runs.values():
        if isinstance(run, Recurrence) and run.framework in platforms:
            return Step(run.chain[0].span, f"{run.framework} runs this for one event at a time")
    return None


def _matters(node: ast.stmt, prefix: str, names: Names, session: bool) -> bool:
    """Tell whether a statement holds a call the catalog knows.

    `session` tells that the file holds words of SQL that changes a session: then a call that
    runs SQL on an object of unknown type counts too.
    """
    name = getattr(node, "name", "")
    whole = f"{prefix}.{name}" if prefix else name
    if injects(node, whole, names) or enters(node, whole, names):
        return True
    if registers(node, whole, names) or transacts(node, whole, names):
        return True
    if keeps_session(node, whole, names):
        return True
    for call, scope in _calls(node, prefix, in_function=False):
        shape = of_ast(call.func)
        api = names.api(shape, scope)
        if api is not None and api.kind in _KINDS:
            return True
        if handed(shape, scope, names) is not None or popped(call, scope, names) is not None:
            return True
        if connects_on_use(shape, scope, names):
            return True
        if takes(shape, scope, names) or advanced(call, scope, names) is not None:
            return True
        if (session and runs_sql(call, scope, names)) or may_call(shape, scope, names):
            return True
    return False


def _calls(node: ast.AST, scope: str, in_function: bool) -> Iterator[tuple[ast.Call, str]]:
    stack = [(node, scope, in_function)]
    while stack:
        inner, where, nested = stack.pop()
        if isinstance(inner, ast.Call):
            yield inner, where
        if isinstance(inner, FunctionDef | ast.ClassDef):
            step = ".<locals>." if nested else "."
            where = f"{where}{step}{inner.name}" if where else inner.name
            nested = isinstance(inner, FunctionDef)
        stack += [(child, where, nested) for child in children(inner)]


def _unit(
    unit: Unit,
    names: Names,
    runs: dict[str, Recurrence | str],
    around: dict[str, Surroundings],
    waits: Waits,
) -> _Found:
    built: dict[str, list[Pool]] = {}
    for pool in pools(unit, names):
        near = around.get(pool.function, around[""])
        pool = replace(pool, aside=near.aside, left_open=pool.left_open and not near.quiet)
        built.setdefault(pool.function, []).append(pool)
    calls = {id(place.node): place for place in of_unit(unit) if isinstance(place.node, cst.Call)}

    def made_once(call: cst.Call) -> str:
        return once(calls[id(call)], unit, names)

    functions: list[Function] = []
    unread: list[Unreadable] = []
    for node, name in _functions(unit):
        outside = around.get(name, Surroundings())
        taken = tuple(acquisitions(unit, node, name, names, outside, made_once))
        here = tuple(built.pop(name, ()))
        acquiring = takings(node, name, names) if taken else ()
        held = [Held(call, fact) for call, fact in zip(acquiring, taken, strict=True)]
        held += injected(name, names, waits.tree)
        held += entered(unit, node, name, names)
        held += registered(name, names, waits.tree)
        lent = (
            *atomic(unit, node, name, names, waits.tree),
            *kept_session(name, names, waits.tree),
        )
        over = tuple(holds(unit, node, name, names, waits, outside, (*held, *lent)))
        second = tuple(nested(unit, node, name, names, waits.tree, outside, held))
        again = isinstance(runs.get(name), Recurrence)
        objects = (
            *kept_by_objects(unit, node, name, names, outside, again),
            *used(unit, node, name, names),
        )
        if taken or objects or here or over or second:
            found = _function(unit, node, name, (*taken, *objects), here, runs.get(name))
            still = tuple(idle(unit, node, name, names, waits, outside, held))
            functions.append(replace(found, holds=over, nested=second, idle=still))
        if too_complex(node, names):
            unread.append(Unreadable(unit.span(node.name), TOO_COMPLEX, broken=False))
    # what is left is built at import, or in a class body
    functions += [_at_import(rest[0].span, tuple(rest), runs.get("")) for rest in built.values()]
    said = (*made(unit, names), *called(unit, names), *statements(unit, names))
    said = tuple(sorted(said, key=lambda statement: statement.span.start))
    return _Found(tuple(functions), said, tuple(unread))


def _function(
    unit: Unit,
    node: cst.FunctionDef,
    name: str,
    taken: tuple[Acquisition, ...],
    built: tuple[Pool, ...],
    run: Recurrence | str | None,
) -> Function:
    return Function(
        name=name,
        span=unit.span(node.name),
        is_async=node.asynchronous is not None,
        acquisitions=taken,
        pools=built,
        recurrence=run if isinstance(run, Recurrence) else None,
        once=run if isinstance(run, str) else "",
    )


def _at_import(
    span: Span,
    built: tuple[Pool, ...],
    run: Recurrence | str | None,
    taken: tuple[Acquisition, ...] = (),
) -> Function:
    return Function(
        name="",
        span=span,
        is_async=False,
        acquisitions=taken,
        pools=built,
        recurrence=run if isinstance(run, Recurrence) else None,
        once=run if isinstance(run, str) else "",
    )


def _functions(unit: Unit) -> Iterator[tuple[cst.FunctionDef, str]]:
    """Yield every function of a unit, those within functions too, by qualified name."""
    for place in of_unit(unit):
        if not isinstance(place.node, cst.FunctionDef):
            continue
        inside = next(
            (
                a.node
                for a in place.ancestors()
                if isinstance(a.node, cst.FunctionDef | cst.ClassDef)
            ),
            None,
        )
        step = ".<locals>." if isinstance(inside, cst.FunctionDef) else "."
        name = place.node.name.value
        yield place.node, f"{place.scope}{step}{name}" if place.scope else name


def _drivers(names: Names) -> tuple[str, ...]:
    roots = {name.partition(".")[0] for name in names.imports.values()}
    known = names.catalog.drivers.values()
    return tuple(sorted(d.id for d in known if roots & {i.partition(".")[0] for i in d.imports}))
