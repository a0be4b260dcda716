"""Sessions of the server that code opens by itself, beside any pool, and which of them last.

A connection that a module makes when it is imported, that a framework's start-up keeps for its
handlers, or on which a task listens, is there for as long as its process: one more than what the
pools of the process hold. One that a function makes for itself, and ends, is none of these.
"""

from __future__ import annotations

import ast
import re

from poollint.catalog.load import Api
from poollint.facts.code import CALLED, Pool, Recurrence
from poollint.model.figure import Basis, Figure
from poollint.reading.connections.acquiring.handing import handed
from poollint.reading.file import File
from poollint.reading.naming.given.application_state import place, word
from poollint.reading.naming.objects.instances import project_class
from poollint.reading.naming.objects.origin import Origins
from poollint.reading.naming.objects.other_databases import is_of_another
from poollint.reading.naming.scopes.beginning import made_once
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import calls_within, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_ast, waited_for
from poollint.reading.running.once.lasting import goes_on

LASTING = "kept for as long as the process"
# What functions that open one are called: of any other it is not asked what it does.
_NAMED = re.compile(r"conn|db|database|postgres|pg|listen", re.I)
# By which a connection listens for as long as it lives; an `execute` needs the word as well.
_LISTENING = frozenset({"add_listener", "notifies", "poll"})


def singles(file: File) -> tuple[Pool, ...]:
    """Return the sessions that a file opens by themselves, each as a pool of one connection.

    `once` says that it lasts, "" of any other. What is made again under its name is no second,
    and what a function of the file makes for others of it is theirs.
    """
    if "conn" not in file.tree.source.text.lower():
        return ()
    found: dict[object, Pool] = {}
    handing = set[str]()
    for prefix, group in file.tree.statements():
        for statement in group:
            for call, scope in calls_within(statement, prefix):
                api, through = _connecting(call, scope, file.names)
                if api and not is_of_another(call, scope, file.names, call.lineno):
                    kept = _kept(call, scope, file)
                    one = _single(call, scope, api, file, kept)
                    handing.add(through)
                    found.setdefault(kept or one.span, one)
    mine = (p for p in found.values() if p.once or not p.function or p.function not in handing)
    return tuple(pool for pool in mine if not pool.aside)


def _single(call: ast.Call, scope: str, api: Api, file: File, kept: str) -> Pool:
    span = file.tree.span(call)
    title = dotted(of_ast(call.func))
    origin = Origins(file.tree, file.names).of_call(call, scope, span)
    one = Figure(1, 1, "max_size", Basis.STATED, span, f"{title}()")
    near = file.around.get(scope, file.around[""])
    run = not scope or scope.endswith("__init__") or isinstance(file.runs.get(scope), str)
    lasts = LASTING if run else CALLED
    return Pool(
        span, api.driver, title, (), (one,), eager=True, pooled=True,
        once=lasts if kept else "", function=scope, url=origin.url, variable=origin.variable,
        aside=near.aside, single=True, instead=origin.instead,
    )  # fmt: skip


def _connecting(call: ast.Call, scope: str, names: Names) -> tuple[Api | None, str]:
    """Return how a call opens a session of its own, None of any other call.

    With it the function of the same file that opens it for others, "" where there is none.
    """
    shape, through = of_ast(call.func), ""
    api = names.api(shape, scope)
    if api is None and _NAMED.search(dotted(shape)):
        given = handed(shape, scope, names)
        api = given.api if given is not None and given.at < 0 and not given.pool else None
        through = names.function(shape, scope)
    return (api, through) if api and api.kind == "connect" and not api.receivers else (None, "")


def _kept(call: ast.Call, scope: str, file: File) -> str:
    """Return what keeps a connection for as long as its process lives, "" where nothing does."""
    names = file.names
    body = names.functions.get(scope) or names.classes.get(scope) or names.module
    target = _target(call, body)
    if target is None:
        return ""
    if isinstance(body, FunctionDef):
        return _by_function(target, scope, body, file)
    if isinstance(body, ast.Module) and (_is_closed(target, body) or _is_main(call, body)):
        return ""
    return f"{scope}.{ast.unparse(target)}"


def _by_function(target: ast.expr, scope: str, body: FunctionDef, file: File) -> str:
    names, kept = file.names, place(of_ast(target))
    match target:
        case ast.Name(id=text):
            holder = names.scope(scope).holder(text)
            if holder is not None and not holder.name:
                return f".{text}" if made_once(scope, text, names) else ""
            again = isinstance(file.runs.get(scope), Recurrence)
            return "" if again or not _listens(body, text) else f"{scope}.{text}"
        case ast.Attribute(value=ast.Name(id="self"), attr=attr) if not kept:
            cls = scope.rpartition(".")[0]
            lasts = made_once(scope, attr, names) and _is_made_once(cls, names)
            return f"{cls}.{attr}" if lasts else ""
    return kept if kept and made_once(scope, word(kept), names) else ""


def _is_made_once(cls: str, names: Names) -> bool:
    """Tell whether the module itself makes an object of a class of its, and only there."""
    made = [
        (node, scope)
        for statement in names.module.body
        for node, scope in calls_within(statement, "")
        if _is_of(node, scope, cls, names)
    ]
    return len(made) == 1 and not made[0][1]


def _is_of(call: ast.Call, scope: str, cls: str, names: Names) -> bool:
    found = project_class(of_ast(call.func), scope, names)
    return found is not None and found.cls == cls and found.names is names


def _listens(body: FunctionDef, text: str) -> bool:
    """Tell whether a function listens on the connection that it calls `text`, without an end."""
    calls = [n for n in own_nodes(body) if isinstance(n, ast.Call)]
    for call in calls:
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if name == text:
                said = (a.value for a in call.args if isinstance(a, ast.Constant))
                listens = any(str(word).lstrip().upper().startswith("LISTEN ") for word in said)
                if method in _LISTENING or listens:
                    return goes_on(body, call.lineno) or method == "notifies"
    return False


def _target(call: ast.Call, body: FunctionDef | ast.ClassDef | ast.Module) -> ast.expr | None:
    """Return what a body calls the connection that a call makes."""
    for node in own_nodes(body):
        match node:
            case ast.Assign(targets=[target], value=value) if waited_for(value) is call:
                return target
            case ast.AnnAssign(target=target, value=value) if waited_for(value) is call:
                return target
            case ast.NamedExpr(target=target, value=value) if waited_for(value) is call:
                return target
    return None


def _is_closed(target: ast.expr, module: ast.Module) -> bool:
    """Tell whether a module closes what it makes when it is imported."""
    shape = of_ast(target)
    for node in own_nodes(module):
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr="close")) if of_ast(of) == shape:
                return True
    return False


def _is_main(call: ast.Call, module: ast.Module) -> bool:
    """Tell whether a call is made only where the file itself is the program."""
    guards = (n for n in module.body if isinstance(n, ast.If) and "__name__" in ast.unparse(n.test))
    return any(node is call for guard in guards for node in own_nodes(guard))
