"""What a value may be that has no one type: of which calls `value.method()` may be one.

`if key: c = Mail() else: c = Post()`, `{"mail": Mail(), "post": Post()}[key]`, `given or Mail()`,
a getter that gives one or the other; and of functions, `{"get": s.get, "post": s.post}[verb]()`.
None is left out: where one of them is not known, nothing is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.reading.naming.given.interfaces import (
    FEW,
    INTERFACES,
    PLACES,
    bases,
    is_interface,
    structural,
)
from poollint.reading.naming.objects.instances import (
    SAME,
    Instance,
    Member,
    function,
    instance,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.objects.parts import part
from poollint.reading.naming.scopes.bindings import Binding, FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    NOTHING,
    Attribute,
    Awaited,
    Called,
    Either,
    Item,
    Name,
    Shape,
    decorator_name,
    dotted,
    of_ast,
    says_nothing,
)

_PLAIN = INTERFACES | {"object"}
_MOST = 8  # values; with more it is a table of something else


class Option(NamedTuple):
    """What an expression may be, as a scope of a file with `names` has it."""

    shape: Shape
    scope: str
    names: Names


def alternatives(callee: Shape, scope: str, names: Names) -> tuple[Option, ...]:
    """Return what calling `callee` may call instead, none where that is not certain.

    One step: what it returns may stand for several things itself.
    """
    if not isinstance(callee, Attribute):
        found = _picked(callee, scope, names)
        return found if len(found) <= _MOST else ()
    found = _values(callee.of, scope, names)
    if not found:
        further = alternatives(callee.of, scope, names)
        found = () if any(o.shape == callee.of for o in further) else further
    if len(found) > _MOST:
        return ()
    return tuple(Option(Attribute(o.shape, callee.name), o.scope, o.names) for o in found)


def _picked(callee: Shape, scope: str, names: Names, name: bool = True) -> tuple[Option, ...]:
    """Return the functions of a table of which one is called: `table[key](…)`, under a name too."""
    match callee:
        case Item(of=table) | Called(callee=Attribute(of=table, name="get")):
            return _of_table(table, scope, names)
        case Name() if name:
            told = _of_bindings(names.bound(callee, scope), names)
            return _picked(*told[0], name=False) if len(told) == 1 else ()
    return ()


def _values(of: Shape, scope: str, names: Names) -> tuple[Option, ...]:
    """Return what an expression may be, none where one of them is not told."""
    match of:
        case Either(options=options):
            told = [o for o in options if o != NOTHING and not _is_given(o, scope, names)]
            return tuple(Option(o, scope, names) for o in told)
        case Item(of=table) | Called(callee=Attribute(of=table, name="get")):
            found = _of_table(table, scope, names)
            return found or (_given(of, scope, names) if isinstance(of, Called) else ())
        case Called(callee=Name() | Attribute()):
            return _given(of, scope, names) or _made(of, scope, names)
        case Called():
            return _made(of, scope, names)
        case Awaited(of=Called() as called):
            return _given(called, scope, names)
        case Name(text=text):
            elements = _elements(text, scope, names)
            return elements or _of_bindings(names.bound(of, scope), names)
        case Attribute():
            return _of_bindings(names.bound(of, scope), names)
    return ()


def _elements(text: str, scope: str, names: Names) -> tuple[Option, ...]:
    """Return what a name of a loop stands for in turn, none where one of them is not told."""
    holder = names.scope(scope).holder(text)
    found = part(text, holder, names) if holder is not None else None
    return _of_bindings(found.values, found.names) if found is not None else ()


def _of_bindings(bound: tuple[Binding, ...], names: Names) -> tuple[Option, ...]:
    told = [b for b in bound if not (b.how == "=" and is_none(b.value))]
    if not told or any(b.how != "=" or b.value is None for b in told):
        return ()
    return tuple(Option(of_ast(b.value), b.where, names) for b in told)


def _is_given(option: Shape, scope: str, names: Names) -> bool:
    """Tell whether an option is a bare parameter: `given or Client()` is like a `Client`.

    So is one of which is only said that it can be called: `made or Client`.
    """
    bound = names.bound(option, scope) if isinstance(option, Name) else ()
    return bool(bound) and all(b.how == ":" and says_nothing(b.value) for b in bound)


def _given(of: Called, scope: str, names: Names) -> tuple[Option, ...]:
    """Return what a function of the project may give."""
    member = function(of.callee, scope, names)
    if member is None:
        return ()
    node = member.names.functions[member.name]
    if any(decorator_name(decorator) not in SAME for decorator in node.decorator_list):
        return ()
    given = member.names.results(member.name) or ()
    told = [value for value in given if not is_none(value)]
    return tuple(Option(of_ast(value), member.name, member.names) for value in told)


def _made(of: Called, scope: str, names: Names) -> tuple[Option, ...]:
    """Return the objects that a class of several makes: `kinds[key]()`, `cls = kinds.get(key)`."""
    classes = _values(of.callee, scope, names)
    if len(classes) == 1:  # a name for what a table gives
        classes = _values(*classes[0]) or classes
    return tuple(Option(Called(o.shape), o.scope, o.names) for o in classes)


def implementations(member: Member) -> tuple[Option, ...]:
    """Return a method of the classes that implement the one that only declares it.

    Those of its file, and that of the one other file that has any. None where the method has a
    body of its own.
    """
    names, name = member
    cls, _, method_name = name.rpartition(".")
    if cls not in names.classes or not declares(member):
        return ()
    base = Instance(names, cls)
    others = names.outside.keeping(f"{PLACES}{cls}") if is_interface(names.classes[cls]) else ()
    beside = [Instance(one, other) for one in (names, *others) for other in one.classes]
    return tuple(
        Option(Attribute(Called(Name(one.cls)), method_name), "", one.names)
        for one in beside
        if one != base
        and "." not in one.cls
        and base in lineage(one)
        and method(one, method_name) != member
    )


def fitting(member: Member) -> tuple[Option, ...]:
    """Return the same of the classes of a file that have all that a protocol of it asks for.

    They need not say that they implement it.
    """
    return tuple(_fitting(member, member.names))


def conforming(member: Member) -> tuple[Option, ...]:
    """Return the same of the one class of the project that has all of it; none with several."""
    asked = _asked(member)
    if not asked:
        return ()
    names, cls = member.names, member.name.rpartition(".")[0]
    others = list(names.outside.keeping(structural(cls, asked)))
    found = [one for there in (names, *others) for one in _fitting(member, there)]
    return tuple(found) if len(found) == 1 and len(others) < FEW else ()


def _asked(member: Member) -> dict[str, FunctionDef]:
    """Return the methods of the protocol that one is of; none of another class."""
    cls = member.names.classes.get(member.name.rpartition(".")[0])
    if cls is None or "Protocol" not in bases(cls):
        return {}
    return {node.name: node for node in cls.body if isinstance(node, FunctionDef)}


def _fitting(member: Member, names: Names) -> Iterator[Option]:
    """Yield a method of the classes of a file that have all that its protocol asks for."""
    asked = _asked(member)
    for cls, node in names.classes.items() if asked else ():
        if "." in cls or is_interface(node):
            continue
        of = Instance(names, cls)
        if all(_fits(method(of, name), declared) for name, declared in asked.items()):
            yield Option(Attribute(Called(Name(cls)), member.name.rpartition(".")[2]), "", names)


def _fits(member: Member | None, asked: FunctionDef) -> bool:
    """Tell whether a method is declared by another one's name, parameters and way of waiting."""
    node = member.names.functions[member.name] if member is not None else None
    return type(node) is type(asked) and node is not None and _parameters(node) == (
        _parameters(asked)
    )  # fmt: skip


def _parameters(node: FunctionDef) -> list[str]:
    return [argument.arg for argument in parameters(node.args)]


def declares(member: Member) -> bool:
    """Tell whether a method has nothing but a declaration: that of an interface.

    An empty one of an ordinary class may be meant to do nothing.
    """
    node = member.names.functions[member.name]
    if any(decorator_name(decorator) == "abstractmethod" for decorator in node.decorator_list):
        return True
    *before, last = node.body
    if not all(_says_nothing(statement) for statement in before):
        return False
    return _refuses(last) or (_says_nothing(last) and _is_interface(member))


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _refuses(statement: ast.stmt) -> bool:
    match statement:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) | ast.Name(id=name)):
            return name == "NotImplementedError"
    return False


def _is_interface(member: Member) -> bool:
    cls = member.names.classes.get(member.name.rpartition(".")[0])
    return cls is not None and not INTERFACES.isdisjoint(bases(cls))


def lacks(option: Option) -> bool:
    """Tell whether an object of the project has no such method: it is not meant there."""
    shape, scope, names = option
    if not isinstance(shape, Attribute):
        return False
    of = instance(shape.of, scope, names)
    if of is None or method(of, shape.name) is not None:
        return False
    whole = lineage(of)
    return all(_is_told(one, shape.name, whole) for one in whole)


def _is_told(of: Instance, attribute: str, whole: tuple[Instance, ...]) -> bool:
    """Tell whether a class says itself, or by classes of the project, what its objects have."""
    names, cls = of
    if names.attributes(cls, attribute) or f"{cls}.__getattr__" in names.functions:
        return False
    parent = names.scope(cls).parent
    bases = [base for base in names.classes[cls].bases if not isinstance(base, ast.Subscript)]
    known = (project_class(of_ast(b), parent.name if parent else "", names) for b in bases)
    return all(
        base in whole or dotted(of_ast(node)).rpartition(".")[2] in _PLAIN
        for base, node in zip(known, bases, strict=True)
    )


def _of_table(table: Shape, scope: str, names: Names) -> tuple[Option, ...]:
    """Return the values of a mapping that one module writes down."""
    bound = [b for b in names.bound(table, scope) if b.how != ":"]
    filled = _filled(names).get(table, ())
    if len(bound) != 1 or bound[0].how != "=" or None in filled:
        return ()
    match bound[0].value:
        case ast.Dict(keys=keys, values=values) if None not in keys:
            written = tuple(Option(of_ast(value), bound[0].where, names) for value in values)
            return (*written, *(one for one in filled if one is not None))
    return ()


def _filled(names: Names) -> dict[Shape, tuple[Option | None, ...]]:
    """Return what the module puts into mappings by key; None where that is not one value."""
    if "filled" not in names.memory:
        found: dict[Shape, tuple[Option | None, ...]] = {}
        for of, value in _filled_in(names):
            found[of] = (*found.get(of, ()), value)
        names.memory["filled"] = found
    filled: dict[Shape, tuple[Option | None, ...]] = names.memory["filled"]
    return filled


def _filled_in(names: Names) -> Iterator[tuple[Shape, Option | None]]:
    parts: list[tuple[str, FunctionDef | ast.ClassDef | ast.Module]] = [
        ("", names.module), *names.classes.items(), *names.functions.items(),
    ]  # fmt: skip
    for scope, whole in parts:
        nodes = own_nodes(whole)
        put = {}
        for node in nodes:
            match node:
                case ast.Assign(targets=[ast.Subscript() as target], value=value):
                    put[target] = Option(of_ast(value), scope, names)
        for node in nodes:
            match node:
                case ast.Subscript(value=of, ctx=ast.Store()):
                    yield of_ast(of), put.get(node)
                case ast.Call(func=ast.Attribute(value=of, attr="update" | "setdefault")):
                    yield of_ast(of), None
