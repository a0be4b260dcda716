"""What of a function runs each time it does.

What makes a value when it is first needed, and keeps it where the next call finds it, runs once:
it is left out, with all that it calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.outline import Outline, own_nodes
from poollint.reading.paths.once import after_failure
from poollint.reading.running.first_need import calls_maker, made_for_one_use

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
    for at, statement in enumerate(body):
        if isinstance(statement, FunctionDef | ast.ClassDef):
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
        elif hasattr(statement, "body"):
            yield from _compound(outline, name, statement)
        else:
            yield statement
            yield from own_nodes(statement)


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


def _found_missing(
    outline: Outline, name: str, statement: ast.stmt, handler: list[ast.stmt]
) -> bool:
    """Tell whether `try: return self.pool` is all that is tried, and the handler makes it."""
    match statement:
        case ast.Try(body=[ast.Return(value=ast.expr() as kept) | ast.Expr(value=kept)]):
            return _makes(outline, name, _place(kept), handler)
    return False


def _first_need(outline: Outline, name: str, test: ast.expr, body: list[ast.stmt]) -> bool:
    """Tell whether `if test:` asks if something is not there yet, and `body` makes it."""
    kept = _not_there(test)
    return kept is not None and _makes(outline, name, kept, body)


def _not_there(test: ast.expr) -> ast.expr | None:
    """Return what `if test:` finds not to be there yet."""
    match test:
        case ast.Compare(left=kept, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return _place(kept)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare() as there):
            return _found_there(there)
        case ast.UnaryOp(op=ast.Not(), operand=kept):
            return _asked_for(kept)
        case ast.Compare(left=key, ops=[ast.NotIn()], comparators=[of]):
            return _entry(of, key)
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return _not_there(first)
    return None


def on_first_need(outline: Outline, name: str) -> dict[int, ast.expr]:
    """Return, by `id`, the calls that a function makes only where something is not there yet."""
    found: dict[int, ast.expr] = {}
    for node in own_nodes(outline.functions.get(name, outline.module)):
        kept = _not_there(node.test) if isinstance(node, ast.If) else None
        if kept is not None and isinstance(node, ast.If) and _shared(outline, name, kept):
            calls = (inner for part in node.body for inner in ast.walk(part))
            found |= {id(inner): kept for inner in calls if isinstance(inner, ast.Call)}
    return found


def _kept(statement: ast.If) -> ast.expr | None:
    """Return what `if kept is not None: return kept` finds there already."""
    kept = _found_there(statement.test)
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


def _found_there(test: ast.expr) -> ast.expr | None:
    match test:
        case ast.BoolOp(op=ast.And(), values=[first, *_]):
            return _found_there(first)
        case ast.Compare(left=kept, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return _place(kept)
        case ast.Compare(left=key, ops=[ast.In()], comparators=[of]):
            return _entry(of, key)
    return _asked_for(test)


def _entry(of: ast.expr, key: ast.expr) -> ast.expr:
    """Return what `key in of` asks for: an entry of a mapping, an attribute by `__dict__`."""
    match of, key:
        case ast.Attribute(value=owner, attr="__dict__"), ast.Constant(value=str(attr)):
            return ast.Attribute(owner, attr)
        case ast.Call(func=ast.Name(id="vars"), args=[owner]), ast.Constant(value=str(attr)):
            return ast.Attribute(owner, attr)
    return ast.Subscript(of, key)


def _asked_for(test: ast.expr) -> ast.expr | None:
    """Return what a test asks for: `self.pool`, `hasattr(self, "pool")`, `getattr(…)`."""
    match test:
        case ast.Call(func=ast.Name(id="hasattr"), args=[of, ast.Constant(value=str(attr))]):
            return ast.Attribute(of, attr)
    place = _place(test)
    return place if isinstance(place, ast.Name | ast.Attribute) else None


def _place(value: ast.expr) -> ast.expr:
    """Return where a value is looked up: `self.pool` for `getattr(self, "pool", None)`."""
    match value:
        case ast.NamedExpr(value=inner):
            return _place(inner)
        case ast.Call(func=ast.Name(id="getattr"), args=[of, ast.Constant(value=str(attr)), *_]):
            return ast.Attribute(of, attr)
    return value


def _makes(outline: Outline, name: str, kept: ast.expr, body: list[ast.stmt]) -> bool:
    """Tell whether `body` assigns `kept`, and `kept` outlives the call."""
    wanted = ast.unparse(kept)
    assigned = (
        target
        for statement in body
        for node in (statement, *own_nodes(statement))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    )
    if any(ast.unparse(target) == wanted for target in assigned) and _outlives(outline, name, kept):
        return True
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

    `pool = pools.get(key)`, and where there is none, `pools[key] = pool`.
    """
    function = outline.functions.get(name)
    looked = [
        ast.unparse(_place(node.value))
        for node in (own_nodes(function) if function else ())
        if isinstance(node, ast.Assign) and any(_is_name(t, local) for t in node.targets)
    ]
    for statement in body:
        for node in (statement, *own_nodes(statement)):
            if not isinstance(node, ast.Assign):
                continue
            if not any(_is_name(value, local) for value in (node.value, *node.targets)):
                continue
            for place in node.targets:
                if isinstance(place, ast.Subscript | ast.Attribute):
                    before = ast.unparse(place.value)
                    found = any(text.startswith((f"{before}.", f"{before}[")) for text in looked)
                    if found and _outlives(outline, name, place):
                        return True
    return False


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _outlives(outline: Outline, name: str, kept: ast.expr) -> bool:
    """Tell whether what is kept there is still there when the function runs again."""
    if isinstance(kept, ast.Name):
        return kept.id in outline.scope(name).elsewhere
    root = kept
    while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    if not isinstance(root, ast.Name) or outline.qualified(root) in _PER_REQUEST_HOLDERS:
        return False
    holder = outline.scope(name).holder(root.id)
    return root.id in ("self", "cls") or holder is None or holder.name != name
