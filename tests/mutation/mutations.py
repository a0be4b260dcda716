"""Ways to break code that gives its connections back."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst

RELEASES = frozenset({"putconn", "release", "close", "aclose", "terminate", "remove"})
ACQUIRES = frozenset({"getconn", "acquire", "connect", "raw_connection", "Session", "SessionLocal"})
POOLS = frozenset(
    """SimpleConnectionPool ThreadedConnectionPool ConnectionPool NullConnectionPool
    AsyncConnectionPool create_pool create_engine create_async_engine""".split()
)
LENDING = frozenset({"connection", "begin"})  # only in a `with`

Statement = cst.BaseStatement
Node = TypeVar("Node", bound=cst.CSTNode)
Broken = Iterator[tuple[str, cst.FunctionDef]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A function of a module, broken: what was done, and the function's name.

    text is that of the function with what it needs of its module, whole that of the module.
    """

    what: str
    name: str
    text: str
    whole: str


def mutants(text: str, wanted: Callable[[str], bool]) -> Iterator[Mutant]:
    """Yield every mutant of the functions of a module whose names are wanted."""
    module = cst.parse_module(text)
    for name, function in functions(module):
        if not wanted(name):
            continue
        kept, here = alone(module, function), module.code_for_node(function)
        for mutation in MUTATIONS:
            for what, changed in mutation(function):
                broken = module.code_for_node(changed)
                yield Mutant(
                    what, name, kept.replace(here, broken, 1), text.replace(here, broken, 1)
                )


def alone(module: cst.Module, function: cst.FunctionDef) -> str:
    """Return the module without the functions that `function` has nothing to do with."""
    kept = module.code_for_node(function)
    left = _texts(module)
    while True:
        related = [node for node in left if _is_named(node, kept) and left[node] not in kept]
        if not related:
            break
        kept += "".join(left[node] for node in related)
    parts = [text for text in left.values() if text in kept]
    return "".join([*(module.code_for_node(line) for line in module.header), *parts])


@functools.lru_cache(maxsize=4)
def _texts(module: cst.Module) -> dict[cst.BaseCompoundStatement | cst.SimpleStatementLine, str]:
    return {node: module.code_for_node(node) for node in module.body}


def _is_named(node: cst.CSTNode, text: str) -> bool:
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        return re.search(rf"\b{node.name.value}\b", text) is not None
    return True


def functions(module: cst.Module) -> Iterator[tuple[str, cst.FunctionDef]]:
    """Yield the functions and methods at the top of a module."""
    for node in module.body:
        if isinstance(node, cst.FunctionDef):
            yield node.name.value, node
        elif isinstance(node, cst.ClassDef):
            for inner in node.body.body:
                if isinstance(inner, cst.FunctionDef):
                    yield f"{node.name.value}.{inner.name.value}", inner


class _Replace(cst.CSTTransformer):
    """Puts statements in the place of one."""

    def __init__(self, old: cst.CSTNode, new: Sequence[cst.CSTNode]) -> None:
        super().__init__()
        self._old, self._new = old, new

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode]:
        if original_node is not self._old:
            return updated_node
        return self._new[0] if len(self._new) == 1 else cst.FlattenSentinel(self._new)


def _put(function: cst.FunctionDef, old: cst.CSTNode, *new: cst.CSTNode) -> cst.FunctionDef:
    changed = function.visit(_Replace(old, new))
    assert isinstance(changed, cst.FunctionDef)
    return changed


def _all(function: cst.CSTNode, kind: type[Node]) -> Iterator[Node]:
    yield from (node for node in _nodes(function) if isinstance(node, kind))


@functools.lru_cache(maxsize=256)
def _nodes(function: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """Return what a node is made of, the outer first: each mutation asks for it again."""
    found = [function]
    for node in found:
        found += node.children
    return tuple(found)


def _statement(text: str) -> Statement:
    return cst.parse_statement(text)


def pools_in_handlers(text: str) -> Iterator[Mutant]:
    """Yield, for each function that uses a pool of its module, that pool built in a handler."""
    module = cst.parse_module(text)
    for line in module.body:
        match line:
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=pool))])]
            ) if _called(line)[0] in POOLS:
                pass
            case _:
                continue
        for name, function in functions(module):
            own = module.code_for_node(function)
            plain = "." not in name and not function.decorators
            if plain and re.search(rf"\b{pool}\b", own):
                body = function.body.with_changes(body=[line, *_body(function)])
                route = cst.Decorator(cst.parse_expression('app.get("/")'))
                broken = function.with_changes(body=body, decorators=[route])
                end = "\nfrom fastapi import FastAPI\napp = FastAPI()\n"
                whole = alone(module, function).replace(own, "", 1) + end
                whole += module.code_for_node(broken)
                yield Mutant(f"build {pool} in the handler", name, whole, whole)


def _called(node: cst.CSTNode) -> tuple[str, bool]:
    """Return the last name of what a statement or an assignment calls, and whether it awaits."""
    value: cst.CSTNode = node
    if isinstance(value, cst.SimpleStatementLine) and len(value.body) == 1:
        value = value.body[0]
    if isinstance(value, cst.Expr | cst.Assign):
        value = value.value
    awaited = isinstance(value, cst.Await)
    if isinstance(value, cst.Await):
        value = value.expression
    if not isinstance(value, cst.Call):
        return "", awaited
    callee = value.func
    name = callee.attr.value if isinstance(callee, cst.Attribute) else ""
    return (callee.value if isinstance(callee, cst.Name) else name), awaited


def _is(node: cst.CSTNode, sort: type[cst.BaseSmallStatement]) -> bool:
    return (
        isinstance(node, cst.SimpleStatementLine)
        and len(node.body) == 1
        and isinstance(node.body[0], sort)
    )


def _takes(node: cst.CSTNode) -> bool:
    """Tell whether an item of a `with` takes a connection and gives it back."""
    return any(_called(call)[0] in ACQUIRES | LENDING for call in _all(node, cst.Call))


def _releases(function: cst.CSTNode) -> Iterator[cst.SimpleStatementLine]:
    for line in _all(function, cst.SimpleStatementLine):
        if _is(line, cst.Expr) and _called(line)[0] in RELEASES:
            yield line


def _body(block: cst.CSTNode) -> list[Statement]:
    body = getattr(block, "body", block)
    return list(body.body) if isinstance(body, cst.IndentedBlock) else []


def _guarded(function: cst.FunctionDef) -> Iterator[tuple[cst.Try, list[Statement]]]:
    """Yield each `try` whose `finally` gives back, with the statements of the `finally`."""
    for node in _all(function, cst.Try):
        if node.finalbody is not None and any(_releases(node.finalbody)):
            yield node, _body(node.finalbody)


def _handler(name: str, *body: Statement) -> cst.ExceptHandler:
    return cst.ExceptHandler(
        body=cst.IndentedBlock(body),
        type=cst.Name(name),
        whitespace_after_except=cst.SimpleWhitespace(" "),
    )


def without_finally(function: cst.FunctionDef) -> Broken:
    """Leave the `finally` out, with what it gives back."""
    for node, _ in _guarded(function):
        new = [node.with_changes(finalbody=None)] if node.handlers else _body(node)
        yield "drop the finally", _put(function, node, *new)


def after_the_block(function: cst.FunctionDef) -> Broken:
    """Give back behind the `try`, where an error does not come by."""
    for node, final in _guarded(function):
        new = [node.with_changes(finalbody=None)] if node.handlers else _body(node)
        yield (
            "release behind the block, not in the finally",
            _put(function, node, *new, *final),
        )


def in_else(function: cst.FunctionDef) -> Broken:
    """Give back where nothing was raised."""
    for node, final in _guarded(function):
        if node.handlers or node.orelse:
            continue
        handler = _handler("KeyError", _statement("return None"))
        orelse = cst.Else(body=cst.IndentedBlock(final))
        new = node.with_changes(finalbody=None, handlers=[handler], orelse=orelse)
        yield "release only in else", _put(function, node, new)


def for_one_error(function: cst.FunctionDef) -> Broken:
    """Give back for one sort of error, and at the end."""
    for node, final in _guarded(function):
        if node.handlers or node.orelse:
            continue
        handler = _handler("ValueError", *final, _statement("raise"))
        new = node.with_changes(finalbody=None, handlers=[handler])
        yield "release only for a ValueError", _put(function, node, new, *final)


def work_before_try(function: cst.FunctionDef) -> Broken:
    """Let something be done between taking the connection and the block that guards it."""
    for block in _all(function, cst.IndentedBlock):
        for first, second in zip(block.body, block.body[1:], strict=False):
            guards = isinstance(second, cst.Try | cst.With)
            if guards and _is(first, cst.Assign) and _called(first)[0] in ACQUIRES:
                work = "await work()" if function.asynchronous else "work()"
                yield "work between acquire and try", _put(function, first, first, _statement(work))


def plain_with(function: cst.FunctionDef) -> Broken:
    """Replace a `with` by an assignment."""
    for node in _all(function, cst.With):
        for at, item in enumerate(node.items):
            if item.asname is None or not isinstance(item.asname.name, cst.Name):
                continue
            name, value = item.asname.name.value, cst.Module([]).code_for_node(item.item)
            bare = value.removeprefix("await ")
            text = f"{name} = await {bare}" if node.asynchronous else f"{name} = {value}"
            if at or not _takes(item.item):
                continue
            rest = [i.with_changes(comma=cst.MaybeSentinel.DEFAULT) for i in node.items[1:]]
            new = [node.with_changes(items=rest)] if rest else _body(node)
            yield "plain assignment instead of with", _put(function, node, _statement(text), *new)


def without_closing(function: cst.FunctionDef) -> Broken:
    """Drop `closing()`."""
    for call in _all(function, cst.Call):
        name = cst.Module([]).code_for_node(call.func)
        if name.rpartition(".")[2] in ("closing", "aclosing") and len(call.args) == 1:
            yield "drop closing()", _put(function, call, call.args[0].value)


def without_release(function: cst.FunctionDef) -> Broken:
    """Forget to give back."""
    for line in _releases(function):
        yield "drop the release", _put(function, line, _statement("pass"))


def return_before_release(function: cst.FunctionDef) -> Broken:
    """Leave before giving back."""
    for line in _releases(function):
        leave = _statement("if unlikely():\n    return\n")
        yield "early return before the release", _put(function, line, leave, line)


def raise_before_release(function: cst.FunctionDef) -> Broken:
    """Raise before giving back."""
    for line in _releases(function):
        leave = _statement('if unlikely():\n    raise LookupError("nothing")\n')
        yield "raise before the release", _put(function, line, leave, line)


def close_instead_of_put(function: cst.FunctionDef) -> Broken:
    """Close what the pool must get back."""
    for line in _releases(function):
        for call in _all(line, cst.Call):
            name, _ = _called(call)
            if name == "putconn" and call.args and isinstance(call.args[0].value, cst.Name):
                new = cst.parse_expression(f"{call.args[0].value.value}.close()")
                yield "close instead of putconn", _put(function, call, new)


def release_without_await(function: cst.FunctionDef) -> Broken:
    """Forget the `await` of a release."""
    for line in _releases(function):
        if _called(line)[1]:
            waiting = next(_all(line, cst.Await))
            yield "drop the await of the release", _put(function, waiting, waiting.expression)


def taken_again(function: cst.FunctionDef) -> Broken:
    """Take a second connection under the name of the first."""
    for line in _all(function, cst.SimpleStatementLine):
        match line.body:
            case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name())])]:
                if _called(line)[0] in ACQUIRES:
                    yield "acquire twice under one name", _put(function, line, line, line)


MUTATIONS = (
    without_finally,
    after_the_block,
    in_else,
    for_one_error,
    work_before_try,
    plain_with,
    without_closing,
    without_release,
    return_before_release,
    raise_before_release,
    close_instead_of_put,
    release_without_await,
    taken_again,
)
