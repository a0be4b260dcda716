"""The few shapes of expressions that names are made of, the same for `ast` and for libcst.

Names are bound all over a file (read with `ast`), and asked for in the functions that matter
(parsed with libcst); both are brought to one form first.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

MAX_DEPTH = 100  # as deep as `syntax.python` has libcst parse
_CONTAINERS = {"Optional", "Annotated", "Union", "ClassVar", "Final", "Awaitable"}
# What frameworks that inject wrap the class in: dishka, wireup, aioinject.
_CONTAINERS |= {"FromDishka", "Injected"}
_ANYTHING = frozenset({"Any", "object", "Callable"})
# Mappings that frameworks hand to whoever reads what has been put there (`naming.job_state`).
_KEEPERS = ("ctx", "bot_data")
# Awaiting what these give is awaiting their first argument (Python's `asyncio`).
_WAITED_FOR = frozenset({"asyncio.wait_for", "asyncio.shield"})


@dataclass(frozen=True, slots=True)
class Name:
    """A plain name."""

    text: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """`of.name`."""

    of: Shape
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """`of["key"]`, or `of[key]` where the key is `named`: the last of its names."""

    of: Shape
    key: str
    named: bool


@dataclass(frozen=True, slots=True)
class Called:
    """A call; its arguments are left out, but for those that tell what it makes.

    class_  of what class it makes objects; of `contextmanager`, of what generator managers
    told    which of `TOLD` a client is told
    """

    callee: Shape
    class_: Shape = None
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Awaited:
    """`await of`."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Either:
    """`a or b`, `a if t else b`: one of them."""

    options: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """`left | right`, which some libraries make a chain of what they run."""

    left: Shape
    right: Shape


Shape = Name | Attribute | Item | Called | Awaited | Either | Joined | None
TOLD = frozenset({"path", "app", ":memory:", "*.db", "ASGITransport", "WSGITransport"})
TOLD |= {"MockTransport"}
"""What clients are told that ask nobody: arguments by name, what they are, what their values make.

The catalog says of which clients that holds (`Api.unless`).
"""
MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
"""Decorators that make a context manager of a generator: what it yields, `with` binds."""
NOTHING = Name("None")
"""What an option that is the word `None` is: it tells nothing of the others."""


def names_class(name: str) -> bool:
    """Tell whether a plain name is one of a class by how it is written: `Handle`, `_Handle`."""
    return name.lstrip("_")[:1].isupper()


def dotted(shape: Shape) -> str:
    """Return "a.b.c" for a chain of names, "" for anything else."""
    if isinstance(shape, Name):
        return shape.text
    if isinstance(shape, Attribute):
        of = dotted(shape.of)
        return f"{of}.{shape.name}" if of else ""
    return ""


def of_ast(node: ast.expr | None) -> Shape:
    """Return the shape of an `ast` expression, None where it has none of these.

    What is nested more than `MAX_DEPTH` deep has none. A node keeps its shape: it is asked again
    and again.
    """
    if node is None:
        return None
    kept = node.__dict__
    if "shape" not in kept:
        kept["shape"] = _of_ast(node, 0)
    found: Shape = kept["shape"]
    return found


def _of_ast(node: ast.expr, depth: int) -> Shape:
    """Return the shape of an expression that stands `depth` deep in another."""
    if depth > MAX_DEPTH:
        return None
    depth += 1
    match node:
        case ast.Name(id=text):
            return Name(text)
        case ast.Attribute(value=value, attr=name):
            return Attribute(_of_ast(value, depth), name)
        case ast.Subscript(value=value, slice=ast.Constant(value=str(key))):
            return Item(_of_ast(value, depth), key, named=False)
        case ast.Subscript(value=value, slice=ast.Name(id=key) | ast.Attribute(attr=key)):
            return Item(_of_ast(value, depth), key, named=True)
        case ast.Call(func=ast.Attribute(value=of, attr="get"), args=[ast.Constant(value=key), *_]):
            return _got(_of_ast(of, depth), key)
        case ast.Call(func=ast.Name(id="cast") | ast.Attribute(attr="cast"), args=[kind, _]):
            return Called(of_annotation(kind))  # an object of that class, as one made of it
        case ast.Call(func=func, args=[inner, *_]) if _hands_on(func):
            return _of_ast(inner, depth)
        case ast.Call(func=func, args=[generator], keywords=[]) if _makes_managers(func):
            return Called(_of_ast(func, depth), _of_ast(generator, depth))
        case ast.Call(func=func, keywords=keywords):
            classes = (_of_ast(k.value, depth) for k in keywords if k.arg == "class_")
            return Called(_of_ast(func, depth), next(classes, None), _told(node, func))
        case ast.Await(value=value):
            return Awaited(_of_ast(value, depth))
        case ast.NamedExpr(value=value):
            return _of_ast(value, depth)
        case ast.BoolOp(op=ast.Or(), values=values):
            return Either(tuple(_option(value, depth) for value in values))
        case ast.IfExp(body=body, orelse=orelse):
            return Either((_option(body, depth), _option(orelse, depth)))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return Joined(_of_ast(left, depth), _of_ast(right, depth))
    return None


def _told(call: ast.Call, func: ast.expr) -> frozenset[str]:
    """Return which of `TOLD` the call of a client's class is told; nothing of any other call."""
    named = func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
    if not named.endswith("Client"):
        return frozenset()
    told: set[str] = set()
    for word, value in (
        *(("", a) for a in call.args[:1]),
        *((k.arg, k.value) for k in call.keywords),
    ):
        match value:
            case ast.Constant(value=str(text)):
                told |= {text, word or "", "*.db" if text.endswith(".db") else ""}
            case ast.Constant(value=None):
                pass
            case ast.Call(func=ast.Name(id=made) | ast.Attribute(attr=made)):
                told |= {made, word or ""}
            case _:
                told.add(word or "")
    return TOLD & told


def _makes_managers(func: ast.expr) -> bool:
    return (func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")) in MANAGERS


def _hands_on(func: ast.expr) -> bool:
    """Tell whether awaiting what a call gives is awaiting its first argument."""
    match func:
        case ast.Attribute(value=ast.Name(id="asyncio" as of), attr=name):
            return f"{of}.{name}" in _WAITED_FOR
    return False


def waited_for(value: ast.expr | None) -> ast.expr | None:
    """Return what `await` waits for: `f()` of `await f()` and `await asyncio.wait_for(f(), 5)`."""
    plain = value.value if isinstance(value, ast.Await) else value
    while isinstance(plain, ast.Call) and plain.args and _hands_on(plain.func):
        plain = plain.args[0]
    return plain


def _option(node: ast.expr, depth: int) -> Shape:
    """Return the shape of one of several values; the word `None` is a name, as libcst has it."""
    nothing = isinstance(node, ast.Constant) and node.value is None
    return NOTHING if nothing else _of_ast(node, depth)


def of_annotation(node: ast.expr | None) -> Shape:
    """Return the shape of the class that an annotation names; None where it is of none of these.

    Plain, quoted, optional or annotated; a union is one of its sides.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _one_of([node.left, node.right])
    if isinstance(node, ast.Subscript):
        head = dotted(of_ast(node.value)).rpartition(".")[2]
        if head in _CONTAINERS:
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return _one_of(inner[:1] if head == "Annotated" else inner)
        node = node.value  # `asyncpg.Pool[asyncpg.Record]`
    return of_ast(node)


def says_nothing(annotation: ast.expr | None) -> bool:
    """Tell whether an annotation, or that there is none, leaves open what a value is."""
    plain = _if_there(annotation)
    plain = plain.value if isinstance(plain, ast.Subscript) else plain
    return plain is None or dotted(of_ast(plain)).rpartition(".")[2] in _ANYTHING


def _if_there(annotation: ast.expr | None) -> ast.expr | None:
    """Return what an annotation says beside `None`: of `Any | None` and `Optional[Any]` `Any`."""
    match annotation:
        case ast.BinOp(left=one, op=ast.BitOr(), right=ast.Constant(value=None)):
            return one
        case ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=one):
            return one
        case ast.Subscript(value=of, slice=one) if dotted(of_ast(of)).endswith("Optional"):
            return one
    return annotation


def _one_of(nodes: list[ast.expr]) -> Shape:
    sides = [n for n in nodes if not (isinstance(n, ast.Constant) and n.value is None)]
    options: list[Shape] = []
    for side in map(of_annotation, sides):
        options += side.options if isinstance(side, Either) else (side,)
    return options[0] if len(options) == 1 else Either(tuple(options))


def decorator_name(node: ast.expr) -> str:
    """Return the last name of a decorator, called or not: "cache" for `@functools.cache()`."""
    plain = node.func if isinstance(node, ast.Call) else node
    return dotted(of_ast(plain)).rpartition(".")[2]


def of_cst(node: cst.BaseExpression | None) -> Shape:
    """Return the shape of a libcst expression, None where it has none of these."""
    kind = type(node).__name__  # libcst is slow to import: not needed to tell a node's type
    if kind == "Name":
        return Name(node.value)  # type: ignore[union-attr]
    if kind == "Attribute":
        return Attribute(of_cst(node.value), node.attr.value)  # type: ignore[union-attr]
    if kind == "Subscript":
        return _item(node)  # type: ignore[arg-type]
    if kind == "Call":
        return _called(node)  # type: ignore[arg-type]
    if kind == "Await":
        return Awaited(of_cst(node.expression))  # type: ignore[union-attr]
    if kind == "NamedExpr":
        return of_cst(node.value)  # type: ignore[union-attr]
    if kind == "IfExp":
        return Either((of_cst(node.body), of_cst(node.orelse)))  # type: ignore[union-attr]
    if kind == "BooleanOperation" and type(node.operator).__name__ == "Or":  # type: ignore[union-attr]
        return Either((of_cst(node.left), of_cst(node.right)))  # type: ignore[union-attr]
    if kind == "BinaryOperation" and type(node.operator).__name__ == "BitOr":  # type: ignore[union-attr]
        return Joined(of_cst(node.left), of_cst(node.right))  # type: ignore[union-attr]
    return None


def _called(node: cst.Call) -> Shape:
    func = of_cst(node.func)
    first = node.args[0].value if node.args else None
    if first is not None and dotted(func) in _WAITED_FOR and node.args[0].keyword is None:
        return of_cst(first) if not node.args[0].star else None
    if (
        isinstance(func, Attribute)
        and func.name == "get"
        and type(first).__name__ == "SimpleString"
    ):
        return _got(func.of, first.evaluated_value)  # type: ignore[union-attr]
    managed = len(node.args) == 1 and dotted(func).rpartition(".")[2] in MANAGERS
    return Called(func, of_cst(first) if managed and not node.args[0].star else None)


def _got(of: Shape, key: object) -> Shape:
    """Return what `of.get(key)` is: of what keeps things by their names it is what `of[key]` is."""
    last = of.text if isinstance(of, Name) else of.name if isinstance(of, Attribute) else ""
    if isinstance(key, str) and last.endswith(_KEEPERS):
        return Item(of, key, named=False)
    return Called(Attribute(of, "get"))


def _item(node: cst.Subscript) -> Shape:
    parts = [part.slice for part in node.slice]
    key = getattr(parts[0], "value", None) if len(parts) == 1 else None
    kind = type(key).__name__
    if kind == "SimpleString" and isinstance(text := key.evaluated_value, str):  # type: ignore[union-attr]
        return Item(of_cst(node.value), text, named=False)
    if kind == "Name":
        return Item(of_cst(node.value), key.value, named=True)  # type: ignore[union-attr]
    if kind == "Attribute":
        return Item(of_cst(node.value), key.attr.value, named=True)  # type: ignore[union-attr]
    return None
