"""What one module gives frameworks to call: by a decorator, as an argument, in a list.

One function for each shape of frameworks.toml. A place that is not sure is no entry point.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.catalog.frameworks import Entry
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef
from poollint.reading.naming.scopes.outline import Outline, dotted, own_nodes
from poollint.reading.running.entry.entries import Finder, Found, Row, any_of, of_a_framework


def _decorators(outline: Outline) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """Yield function, decorator, and the decorator without its call."""
    for name, function in outline.functions.items():
        for decorator in function.decorator_list:
            yield name, decorator, decorator.func if isinstance(decorator, ast.Call) else decorator


def _decorator(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for name, decorator, plain in _decorators(outline):
        for row in _named_so(outline, plain, rows):
            yield Found(name, row, decorator, is_decorator=True)


def _decorator_method(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for name, decorator, _ in _decorators(outline):
        scope = outline.scope(name).parent
        for row in _method_of(outline, decorator, scope.name if scope else "", rows):
            yield Found(name, row, decorator, is_decorator=True)


def decorates(outline: Outline, decorator: ast.expr, scope: str, rows: list[Row]) -> Iterator[Row]:
    """Yield the rows of which an expression of a scope is a decorator, called or not."""
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    yield from _named_so(outline, plain, [row for row in rows if row.shape == "decorator"])
    methods = [row for row in rows if row.shape == "decorator-method"]
    yield from _method_of(outline, decorator, scope, methods)


def _named_so(outline: Outline, plain: ast.expr, rows: list[Row]) -> Iterator[Row]:
    text = outline.qualified(plain)
    yield from (row for row in rows if any_of(text, row.names, row.relative))


def _method_of(outline: Outline, decorator: ast.expr, scope: str, rows: list[Row]) -> Iterator[Row]:
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    for owner, attr in _splits(dotted(plain)):
        for row in rows:
            if (
                attr in row.attrs
                and _given(decorator, getattr(row, "args", ()))
                and _receives(outline, owner, scope, row, decorator)
            ):
                yield row


def _splits(chain: str) -> Iterator[tuple[str, str]]:
    """Yield object and attribute: ("app.cli", "command"), then ("app", "cli.command")."""
    parts = chain.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:cut]), ".".join(parts[cut:])


def _given(call: ast.expr, wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return True
    return isinstance(call, ast.Call) and any(
        isinstance(arg, ast.Constant) and arg.value in wanted for arg in call.args
    )


def _receives(outline: Outline, owner: str, scope: str, row: Row, call: ast.expr) -> bool:
    """Tell whether `owner` is an instance of one of the row's receivers."""
    if not row.receivers:
        return True
    makers = outline.makers(owner, scope)
    if any(any_of(maker, row.receivers, row.relative) for maker in makers):
        return True
    if any(not maker.startswith(".") and of_a_framework(maker) for maker in makers):
        return False
    if not outline.is_imported(owner, scope) and not (row.web and _lent(outline, owner, scope)):
        return False
    if row.web:
        path = call.args[0] if isinstance(call, ast.Call) and call.args else None
        return isinstance(path, ast.Constant) and str(path.value).startswith("/")
    # an instance of the framework's class, made in another file; a function or signal is none
    return any(name.rpartition(".")[2][:1].isupper() for name in row.receivers)


def _lent(outline: Outline, owner: str, scope: str) -> bool:
    """Tell whether `owner` is a parameter of the function of which nothing is said.

    `def register(app):`, whose `@app.route("/orders")` make handlers.
    """
    holder = outline.scope(scope).holder(owner)
    bound = holder.bound[owner] if holder is not None and holder.name else []
    return [(b.how, b.value) for b in bound] == [(":", None)] and owner not in SELF


def _handed(call: ast.Call, row: Row) -> tuple[ast.expr, ...]:
    """Return the argument of `call` that is the callable, or all where any may be one."""
    if row.keyword == "*":
        return (*call.args, *(keyword.value for keyword in call.keywords))
    for keyword in call.keywords:
        if row.keyword and keyword.arg == row.keyword:
            return (keyword.value,)
    return tuple(call.args[row.position : row.position + 1]) if row.position >= 0 else ()


def _argument(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    injected = dict(_injected(outline))
    for scope, call in outline.calls:
        text = outline.qualified(call.func)
        for row in rows:
            if not any_of(text, row.names, row.relative):
                continue
            given = _handed(call, row)
            if not given and not call.args and call in injected:
                given = (injected[call],)
            for value in _each(given):
                for name in outline.stands_for(value, scope):
                    yield Found(name, row, call if isinstance(row, Entry) else value)


def _each(given: tuple[ast.expr, ...]) -> Iterator[ast.expr]:
    for value in given:
        yield from value.elts if isinstance(value, ast.List | ast.Tuple) else (value,)


def _injected(outline: Outline) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Yield the calls that stand for what a parameter is annotated with: `x: Repo = Depends()`."""
    for function in outline.functions.values():
        arguments = function.args
        plain = [*arguments.posonlyargs, *arguments.args]
        given = zip(plain[::-1], arguments.defaults[::-1], strict=False)
        for arg, default in (
            *given,
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ):
            if isinstance(default, ast.Call) and arg.annotation is not None:
                yield default, arg.annotation
        for arg in plain:
            match arg.annotation:
                case ast.Subscript(slice=ast.Tuple(elts=[of, ast.Call() as call, *_])):
                    yield call, of


def _registration(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for scope, call in outline.calls:
        for owner, attr in _splits(dotted(call.func)):
            for row in rows:
                if attr in row.attrs and _receives(outline, owner, scope, row, call):
                    for value in _handed(call, row):
                        for name in outline.stands_for(value, scope):
                            yield Found(name, row, call)


def _chain(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for scope, call in outline.calls:
        attr, inner = _chained(call)
        for row in rows:
            if attr not in row.attrs or inner is None:
                continue
            owner, _, method = dotted(inner.func).rpartition(".")
            made = [f"{maker}.{method}" for maker in outline.makers(owner, scope)] if owner else []
            if any(any_of(text, row.names) for text in (outline.qualified(inner.func), *made)):
                for value in _handed(call, row):
                    for name in outline.stands_for(value, scope):
                        yield Found(name, row, call if isinstance(row, Entry) else value)


def _chained(call: ast.Call) -> tuple[str, ast.Call | None]:
    """Return what `first(…).more().last(…)` calls last, and the first call."""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    node: ast.expr = call.func
    first = None
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Call):
            first, node = node, node.func
        else:
            node = node.value
    return last, first


def _append(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for scope, call in outline.calls:
        for owner, attr in _splits(dotted(call.func)):
            for row in rows:
                appends = call.args and attr in {f"{a}.append" for a in row.attrs}
                if appends and _receives(outline, owner, scope, row, call):
                    for name in outline.stands_for(call.args[0], scope):
                        yield Found(name, row, call)


def _attribute(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for cls, node in outline.classes.items():
        for statement in node.body:
            if not isinstance(statement, ast.Assign):
                continue
            value = statement.value
            values = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            targets = {dotted(target) for target in statement.targets}
            for row in rows:
                if node.name in row.names and targets & set(row.attrs):
                    for part in values:
                        for name in outline.stands_for(part, cls):
                            yield Found(name, row, part)


def _assigned(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for scope in ("", *outline.functions):
        for node in own_nodes(outline.functions.get(scope, outline.module)):
            match node:
                case ast.Assign(targets=[ast.Attribute(value=of, attr=attr)], value=value):
                    for row in rows:
                        if attr in row.attrs and _receives(outline, dotted(of), scope, row, value):
                            for name in outline.stands_for(value, scope):
                                yield Found(name, row, value)


def _stream(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for scope in ("", *outline.functions):
        for loop in own_nodes(outline.functions.get(scope, outline.module)):
            if not isinstance(loop, ast.For | ast.AsyncFor | ast.While):
                continue
            for row in rows:
                if _reads(outline, loop, scope, row):
                    for call in _each_turn(loop.body):
                        if isinstance(call, ast.Call):
                            named = outline.called(call.func, scope)
                            for name in named or outline.elsewhere(call.func, scope):
                                yield Found(name, row, call)


def _reads(
    outline: Outline, loop: ast.For | ast.AsyncFor | ast.While, scope: str, row: Row
) -> bool:
    """Tell whether a loop goes round for each message of one of the row's receivers.

    One that connects again and again does not, though the loop in it may.
    """
    asked = (
        [loop.iter]
        if not isinstance(loop, ast.While)
        else [
            node.func.value
            for node in _each_turn(loop.body, outermost=True)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in row.attrs
        ]
    )
    makers = (maker for of in asked for maker in outline.makers(dotted(of), scope))
    return any(any_of(maker, row.receivers, row.relative) for maker in makers)


def _each_turn(
    body: list[ast.stmt], outermost: bool = False, inside: bool = False
) -> Iterator[ast.AST]:
    """Yield the nodes that turn after turn of a loop runs: not on its way out, nor after a failure.

    `outermost` leaves out those of another `while` in it; `inside` tells of being in another loop,
    that a `break` leaves.
    """
    leaves = ast.Return | ast.Raise if inside else ast.Return | ast.Raise | ast.Break
    if body and isinstance(body[-1], leaves):
        return
    for statement in body:
        again = isinstance(statement, ast.For | ast.AsyncFor | ast.While)
        if isinstance(statement, FunctionDef | ast.ClassDef):
            continue
        if outermost and isinstance(statement, ast.While):
            continue
        for field, value in ast.iter_fields(statement):
            if field in ("body", "orelse", "finalbody"):
                yield from _each_turn(value, outermost, inside or again)
            elif field != "handlers":
                for node in value if isinstance(value, list) else [value]:
                    if isinstance(node, ast.AST):
                        yield from (node, *own_nodes(node))


FINDERS: tuple[tuple[str, Finder], ...] = (
    ("decorator", _decorator),
    ("decorator-method", _decorator_method),
    ("argument", _argument),
    ("registration", _registration),
    ("chain", _chain),
    ("append", _append),
    ("attribute", _attribute),
    ("assigned", _assigned),
    ("stream", _stream),
)
