"""What of a function runs each time it does.

What makes a value when it is first needed, and keeps it where the next call finds it, runs once:
it is left out, with all that it calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.outline import Outline, dotted, own_nodes
from poollint.reading.paths.once import after_failure
from poollint.reading.running.once.first_need import calls_maker, made_for_one_use
from poollint.reading.running.once.instead import instead_of_a_pool
from poollint.reading.running.once.looked_for import (
    filled_in,
    kept_in,
    not_there,
    place,
    there_already,
)
from poollint.syntax.nodes import walk

# What a module runs each time does not depend on who asks, and many ask.
_each_times: WeakKeyDictionary[ast.Module, dict[str, tuple[ast.AST, ...]]] = WeakKeyDictionary()
_PER_REQUEST_HOLDERS = ("flask.g", "quart.g")


def run_each_time(outline: Outline, name: str) -> tuple[ast.AST, ...]:
    """Return the nodes of a function, or of the module, that run each time it does."""
    known = _each_times.setdefault(outline.module, {})
    if name not in known:
        body = outline.functions.get(name, outline.module).body
        known[name] = tuple(_each_time(outline, name, body))
    return known[name]


def _each_time(outline: Outline, name: str, body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes that run each time; what makes a value on first need is left out."""
    function = outline.functions.get(name)
    owner = outline.classes.get(name.rpartition(".")[0])
    spared = instead_of_a_pool(function, owner) if function is not None else ()
    for at, statement in enumerate(body):
        if isinstance(statement, FunctionDef | ast.ClassDef) or statement in spared:
            continue
        if isinstance(statement, ast.If):
            yield from own_nodes(statement.test)
            yield statement.test
            if not _first_need(outline, name, statement.test, statement.body):
                yield from _each_time(outline, name, statement.body)
            yield from _each_time(outline, name, statement.orelse)
            kept = _kept(statement)
            if kept is not None and _makes(outline, name, kept, body[at + 1 :]):
                return
        elif isinstance(statement, ast.Match):
            yield statement.subject
            yield from own_nodes(statement.subject)
            yield from _cases(outline, name, statement)
        elif hasattr(statement, "body"):
            yield from _compound(outline, name, statement)
            if isinstance(statement, ast.Try) and _fails_first(statement):
                return
        else:
            yield statement
            yield from own_nodes(statement)


def _cases(outline: Outline, name: str, statement: ast.Match) -> Iterator[ast.AST]:
    for case in statement.cases:
        none = isinstance(case.pattern, ast.MatchSingleton) and case.pattern.value is None
        if case.guard is not None:
            yield case.guard
            yield from own_nodes(case.guard)
        if not (none and _makes(outline, name, place(statement.subject), case.body)):
            yield from _each_time(outline, name, case.body)


def _compound(outline: Outline, name: str, statement: ast.stmt) -> Iterator[ast.AST]:
    yield statement
    for field, value in ast.iter_fields(statement):
        if field in ("body", "orelse", "finalbody"):
            yield from _each_time(outline, name, value)
        elif field == "handlers":
            for handler in value:
                failed = after_failure(ast.unparse(handler.type) if handler.type else "")
                if not failed and not _found_missing(outline, name, statement, handler.body):
                    yield from _each_time(outline, name, handler.body)
        else:
            for node in value if isinstance(value, list) else [value]:
                if isinstance(node, ast.AST):
                    yield node
                    yield from own_nodes(node)


def _fails_first(statement: ast.Try) -> bool:
    """Tell whether what follows `try: return …` runs only where what it tried has failed."""
    ends = (ast.Return, ast.Raise)
    going_on = [h for h in statement.handlers if not isinstance(h.body[-1], ends)]
    failed = (after_failure(ast.unparse(h.type) if h.type else "") for h in going_on)
    return bool(going_on) and isinstance(statement.body[-1], ends) and all(failed)


def _found_missing(
    outline: Outline, name: str, statement: ast.stmt, handler: list[ast.stmt]
) -> bool:
    """Tell whether `try: return self.pool` is all that is tried, and the handler makes it."""
    match statement:
        case ast.Try(body=[ast.Return(value=ast.expr() as kept) | ast.Expr(value=kept)]):
            return _makes(outline, name, place(kept), handler)
    return False


def _first_need(outline: Outline, name: str, test: ast.expr, body: list[ast.stmt]) -> bool:
    """Tell whether `if test:` asks if something is not there yet, and `body` makes it."""
    kept = not_there(test)
    return kept is not None and _makes(outline, name, kept, body)


def on_first_need(outline: Outline, name: str) -> dict[int, ast.expr]:
    """Return, by `id`, the calls that a function makes only where something is not there yet."""
    found: dict[int, ast.expr] = {}
    for node in own_nodes(outline.functions.get(name, outline.module)):
        kept = not_there(node.test) if isinstance(node, ast.If) else None
        if kept is not None and isinstance(node, ast.If) and _shared(outline, name, kept):
            calls = (inner for part in node.body for inner in walk(part))
            found |= {id(inner): kept for inner in calls if isinstance(inner, ast.Call)}
    return found


def _kept(statement: ast.If) -> ast.expr | None:
    """Return what `if kept is not None: return kept` finds there already."""
    kept = there_already(statement.test)
    return kept if kept is not None and _leaves(statement.body, ast.unparse(kept)) else None


def _leaves(body: list[ast.stmt], kept: str) -> bool:
    """Tell whether a block returns, unless it finds that what is kept is of no use any more."""
    match body[-1:]:
        case [ast.Return()]:
            return True
        case [ast.If(body=then, orelse=[_, *_] as otherwise)]:
            blocks = (then, otherwise)
            dropped = [_drops(block, kept) for block in blocks]
            left = [_leaves(block, kept) for block in blocks]
            return any(left) and all(a or b for a, b in zip(left, dropped, strict=True))
    return False


def _drops(body: list[ast.stmt], kept: str) -> bool:
    """Tell whether a block ends with `kept = None`."""
    match body[-1:]:
        case [ast.Assign(targets=[target], value=ast.Constant(value=None))]:
            return ast.unparse(target) == kept
    return False


def _makes(outline: Outline, name: str, kept: ast.expr, body: list[ast.stmt]) -> bool:
    """Tell whether `body` assigns `kept`, and `kept` outlives the call."""
    wanted = ast.unparse(kept)
    targets = [target for target, _ in kept_in(body)]
    assigned = any(ast.unparse(target) == wanted for target in targets)
    if assigned and _outlives(outline, name, kept):
        return True
    filled = [ast.unparse(of) for of, _ in filled_in(body)]
    entries = [ast.unparse(target.value) for target in targets if isinstance(target, ast.Subscript)]
    if wanted in entries or any(wanted == of or wanted.startswith(f"{of}[") for of in filled):
        return _stays(outline, name, kept)
    if _shared(outline, name, kept) and calls_maker(outline, name, kept, body):
        return True
    return isinstance(kept, ast.Name) and _stores(outline, name, kept.id, body)


def _shared(outline: Outline, name: str, kept: ast.expr) -> bool:
    """Tell whether another function finds `kept` too: a name that this one only reads counts."""
    if isinstance(kept, ast.Name):
        holder = outline.scope(name).holder(kept.id)
        return holder is None or holder.name != name
    if ast.unparse(kept).startswith("self."):
        return not name.endswith(".__init__") and not made_for_one_use(outline, name)
    return _outlives(outline, name, kept)


def _stores(outline: Outline, name: str, local: str, body: list[ast.stmt]) -> bool:
    """Tell whether `body` puts a local name where the function has looked for it before.

    `pool = pools.get(key)`, and where there is none, `pools[key] = pool`. What is put there may
    be made under another name, or none; what a connection made meanwhile has answered is
    something else.
    """
    function = outline.functions.get(name)
    looked = [
        ast.unparse(place(node.value))
        for node in (own_nodes(function) if function else ())
        if isinstance(node, ast.Assign) and any(_is_name(t, local) for t in node.targets)
    ]
    kept = [(to, value) for to, value in kept_in(body) if value is not None]
    chained = {id(value) for to, value in kept if _is_name(to, local)}
    for to, value in kept:
        found = not isinstance(to, ast.Name) and ast.unparse(to) in looked
        if found and isinstance(value, ast.Call | ast.Await) and _outlives(outline, name, to):
            return True  # `conn = getattr(kept, "conn", None)`, and `kept.conn = connect()`
        same = _is_name(value, local) or id(value) in chained or _is_made_in(body, value)
        if not same:
            continue
        if isinstance(to, ast.Name):  # `task = _task`, and where there is none, `_task = task`
            if to.id != local and to.id in looked and _outlives(outline, name, to):
                return True
            continue
        before = ast.unparse(to.value) if isinstance(to, ast.Subscript | ast.Attribute) else ""
        ways = (f"{before}.", f"{before}[") if before else (ast.unparse(to),)
        if any(text.startswith(ways) for text in looked) and _outlives(outline, name, to):
            return True
    return False


def _is_made_in(body: list[ast.stmt], value: ast.expr) -> bool:
    """Tell whether a name is given what calls make there, and none asks what was made there.

    Of several that are kept together (`kept[key] = (engine, maker)`), one is enough.
    """
    if isinstance(value, ast.Tuple):
        return any(_is_made_in(body, part) for part in value.elts)
    if not isinstance(value, ast.Name):
        return False
    kept = list(kept_in(body))
    bound = {to.id for to, _ in kept if isinstance(to, ast.Name)}
    made = [of for to, of in kept if _is_name(to, value.id)]
    plain = [of.value if isinstance(of, ast.Await) else of for of in made]
    return bool(plain) and all(
        isinstance(of, ast.Call) and dotted(of.func).partition(".")[0] not in {"", *bound}
        for of in plain
    )


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _outlives(outline: Outline, name: str, kept: ast.expr) -> bool:
    """Tell whether what is kept there is still there when the function runs again."""
    if isinstance(kept, ast.Name):
        return kept.id in outline.scope(name).elsewhere
    return _stays(outline, name, kept)


def _stays(outline: Outline, name: str, kept: ast.expr) -> bool:
    """Tell whether the object that a place belongs to is the same when the function runs again."""
    return _is_lasting(outline, name, kept) or _is_lasting(
        outline, name, _entry(outline, name, kept)
    )


def _is_lasting(outline: Outline, name: str, kept: ast.expr | None) -> bool:
    """Tell whether a place begins with a name that is not the function's own."""
    root = _root(kept) if kept is not None else None
    if not isinstance(root, ast.Name) or outline.qualified(root) in _PER_REQUEST_HOLDERS:
        return False
    holder = outline.scope(name).holder(root.id)
    return root.id in ("self", "cls") or holder is None or holder.name != name


def _entry(outline: Outline, name: str, kept: ast.expr) -> ast.expr | None:
    """Return the entry of a mapping for which a local name stands: `_kept.setdefault(key, {})`."""
    root = _root(kept)
    holder = outline.scope(name).holder(root.id) if isinstance(root, ast.Name) else None
    bound = holder.bound[root.id] if holder is not None and isinstance(root, ast.Name) else []
    match [(binding.how, binding.value) for binding in bound]:
        case [("=", ast.Subscript(value=of))]:
            return of
        case [("=", ast.Call(func=ast.Attribute(value=of, attr="setdefault"), args=[_, _]))]:
            return of
    return None


def _root(kept: ast.expr) -> ast.expr:
    """Return the name with which a place begins: `kept` of `kept.engines[key]`."""
    root = kept
    while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
        match root:
            case ast.Call(func=ast.Name(id="getattr" | "vars"), args=[of, *_]):
                root = of
            case ast.Call(func=func):
                root = func
            case _:
                root = root.value
    return root
