"""Objects of the project's own classes that connect, and keep the connection to themselves.

`db = Database()`, or `db.connect()`: whoever makes the object has to end the connection, by the
method that the class has for it, or by way of the attribute that holds it. Only what is certain
counts: all of a class is in sight, no object of it hands itself or its methods to others, and the
connection is taken whenever the method runs. Whatever may end it counts as ending it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from poollint.catalog.load import Api
from poollint.reading.connections.handing import TAKING, handed
from poollint.reading.connections.lending import BORROWERS, ENDING, GIVING_BACK
from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.bodies import is_none, own_nodes
from poollint.reading.naming.instances import (
    Instance,
    Member,
    function,
    instance,
    is_property,
    is_singleton,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Attribute, Shape, dotted, of_ast

_LEVELS = 3  # objects of objects, and methods that call the one that connects
_PLAIN_BASES = frozenset({"object", "ABC", "Generic", "Protocol"})
_EXITS = frozenset({"__exit__", "__aexit__"})
_ENTRIES = frozenset({"__enter__", "__aenter__"})
_ASKED = frozenset({"isinstance", "type", "super", "id", "repr", "str", "print"})
# What ends a connection by the name of the method alone, whatever it is called on.
_ENDS = frozenset(
    """close aclose closeall close_all dispose disconnect shutdown terminate release remove stop
    __exit__ __aexit__""".split()
)


class Owner(NamedTuple):
    """A connection that an object keeps.

    of         the class; `attribute` is what holds the connection
    api        the taking call, as if the object itself were the connection: its `released_by` are
               the methods that may end the connection
    made       the method of the object that connects
    closed_by  the method that is there to end it, "" where there is none
    """

    of: Instance
    attribute: str
    api: Api
    made: Member
    closed_by: str = ""


def owner(callee: Shape, scope: str, names: Names, levels: int = _LEVELS) -> Owner | None:
    """Return what an object keeps that is made by calling `callee`; None where not known."""
    of = project_class(callee, scope, names)
    if of is None or not levels or not _in_sight(of):
        return None
    return _known(of, "__init__", levels)


def takes(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call makes an object that connects, or has one connect."""
    if owner(callee, scope, names) is not None:
        return True
    if not isinstance(callee, Attribute):
        return False
    of = instance(callee.of, scope, names)
    return of is not None and connecting(of, callee.name) is not None


def connecting(of: Instance, name: str) -> Owner | None:
    """Return what an object keeps once its method `name` is called, and not since it was made."""
    if not _in_sight(of) or _known(of, "__init__", _LEVELS) is not None:
        return None
    return _known(of, name, _LEVELS)


def _known(of: Instance, name: str, levels: int) -> Owner | None:
    memory: dict[tuple[str, str], Owner | None] = of.names.memory.setdefault("owners", {})
    key = (of.cls, name)
    if key not in memory:
        memory[key] = None  # an object of objects of its own class
        start = method(of, name)
        memory[key] = _owner(of, start, levels) if start is not None else None
    return memory[key]


def _owner(of: Instance, start: Member, levels: int) -> Owner | None:
    for made, attribute, call in _taken(of, start, levels):
        api = _api(call, made, levels)
        if api is None or not _only(of, attribute, api, levels):
            continue
        ends = _Class(of, attribute, api).ends()
        closed_by = _closed_by(of, ends)
        leave = _EXITS & {n for o in lineage(of) for n in _methods(o)}
        exit_ = "release" if leave & ends else "transaction" if leave else ""
        told = replace(
            api,
            released_by=tuple(sorted(ends)),
            given_back_to=(),
            exit=exit_,
            awaited_exit=exit_,
            release=_release(attribute, closed_by, api),
            guard="{call}" if leave & ends else "closing({call})" if closed_by == "close" else "",
            note="",
        )
        return Owner(of, attribute, told, made, closed_by)
    return None


def _taken(of: Instance, start: Member, levels: int) -> Iterator[tuple[Member, str, ast.Call]]:
    """Yield what a method keeps each time it runs: the attribute, and the call that makes it."""
    for node in _always(start.names.functions[start.name].body):
        match node:
            case (
                ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=v)
                | ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=attr), value=v)
            ):
                call = v.value if isinstance(v, ast.Await) else v
                if isinstance(call, ast.Call):
                    yield start, attr, call
            case (
                ast.Expr(value=ast.Call() as call)
                | ast.Expr(value=ast.Await(value=ast.Call() as call))
            ):
                further = _own_method(call, of, start) if levels else None
                if further is not None and further != start:
                    yield from _taken(of, further, levels - 1)


def _always(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run whenever a body does, unless something raises.

    `if self.conn is None:` counts too: whatever connects when it is first needed has connected
    then.
    """
    for statement in body:
        match statement:
            case ast.Try(body=inner, orelse=more):
                yield from _always([*inner, *more])
            case ast.With(body=inner) | ast.AsyncWith(body=inner):
                yield from _always(inner)
            case ast.If(test=test, body=inner, orelse=[]) if attribute := _missing(test):
                for one in _always(inner):
                    if attribute in _attributes_set(one):
                        yield one
            case ast.Return() | ast.Raise():
                return
            case _:
                yield statement


def _missing(test: ast.expr) -> str:
    """Return the attribute of which a test asks whether there is nothing in it yet."""
    match test:
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return _missing(first)
        case (
            ast.UnaryOp(op=ast.Not(), operand=ast.Attribute(value=ast.Name(id="self"), attr=attr))
            | ast.Compare(
                left=ast.Attribute(value=ast.Name(id="self"), attr=attr),
                ops=[ast.Is()],
                comparators=[ast.Constant(value=None)],
            )
        ):
            return attr
    return ""


def _attributes_set(statement: ast.stmt) -> set[str]:
    return {
        node.attr
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def _own_method(call: ast.Call, of: Instance, at: Member) -> Member | None:
    """Return the method that `self.name()` or `super().name()` calls."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return method(of, name)
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            return function(of_ast(call.func), at.name, at.names)
    return None


def _api(call: ast.Call, made: Member, levels: int) -> Api | None:
    """Return what a call takes, None where that is nothing, or not its own."""
    shape, names = of_ast(call.func), made.names
    api = names.api(shape, made.name)
    if api is not None:
        return api if api.kind in TAKING else None
    given = handed(shape, made.name, names)
    if given is not None:
        return given.api if given.at < 0 else None
    inner = owner(shape, made.name, names, levels - 1)
    return inner.api if inner is not None else None


def _only(of: Instance, attribute: str, api: Api, levels: int) -> bool:
    """Tell whether nothing but such calls gives the attribute a value."""
    for at in lineage(of):
        for binding in at.names.attributes(at.cls, attribute):
            value = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
            if binding.how == ":" or is_none(value):
                continue
            if binding.how != "=" or not isinstance(value, ast.Call) or binding.where == at.cls:
                return False
            found = _api(value, Member(at.names, binding.where), levels)
            if found is None or found.driver != api.driver or found.kind != api.kind:
                return False
    return True


def _in_sight(of: Instance) -> bool:
    """Tell whether all of a class is known, and its objects are nobody's but who makes them."""
    memory: dict[str, bool] = of.names.memory.setdefault("in sight", {})
    if of.cls not in memory:
        memory[of.cls] = not is_singleton(of) and all(_plain(at, of) for at in lineage(of))
    return memory[of.cls]


def _plain(at: Instance, of: Instance) -> bool:
    node, names = at.names.classes[at.cls], at.names
    parent = names.scope(at.cls).parent
    for base in node.bases:
        plain = base.value if isinstance(base, ast.Subscript) else base
        known = project_class(of_ast(plain), parent.name if parent else "", names) in lineage(of)
        if not known and dotted(of_ast(plain)).rpartition(".")[2] not in _PLAIN_BASES:
            return False
    if node.decorator_list or {"__del__", "__getattr__"} & set(_methods(at)):
        return False
    methods = {n for o in lineage(of) for n in _methods(o) if not is_property(_member(o, n))}
    return not any(_escapes(_member(at, name), methods) for name in _methods(at))


def _methods(of: Instance) -> list[str]:
    """Return the names of the functions of a class."""
    prefix = f"{of.cls}."
    names = (name.removeprefix(prefix) for name in of.names.functions if name.startswith(prefix))
    return [name for name in names if "." not in name]


def _member(of: Instance, name: str) -> Member:
    return Member(of.names, f"{of.cls}.{name}")


def _escapes(member: Member, methods: set[str]) -> bool:
    """Tell whether a method hands out the object itself, or a method of it to call later."""
    node = member.names.functions[member.name]
    fine: set[int] = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self")) as func):
                fine |= {id(func), id(func.value)}
            case ast.Call(func=ast.Name(id=name), args=args) if name in _ASKED:
                fine |= {id(arg) for arg in args}
            case ast.Return(value=ast.Name() as value) if node.name in _ENTRIES:
                fine.add(id(value))
            case ast.Attribute(value=ast.Name(id="self") as value, attr=attr):
                if attr not in methods:
                    fine |= {id(inner), id(value)}
    return any(
        isinstance(inner, ast.Name) and inner.id == "self" and id(inner) not in fine
        for inner in ast.walk(node)
    )


class _Class:
    """The methods of a class, asked for what may end the connection that an attribute holds."""

    def __init__(self, of: Instance, attribute: str, api: Api) -> None:
        self._of = of
        self._attribute = attribute
        self._api = api
        self._aliases: set[str] = set()
        self._all = {
            name: _member(at, name) for at in reversed(lineage(of)) for name in _methods(at)
        }

    def ends(self) -> frozenset[str]:
        """Return the methods that may end it, or hand it on, those that call such ones too."""
        found = {name for name, member in self._all.items() if self._may_end(member)}
        while True:
            more = {
                name
                for name, member in self._all.items()
                if name not in found and self._calls(member) & found
            }
            if not more:
                return frozenset(found)
            found |= more

    @staticmethod
    def _calls(member: Member) -> set[str]:
        return {
            node.attr
            for node in ast.walk(member.names.functions[member.name])
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name | ast.Call)
            and ast.unparse(node.value) in ("self", "super()")
        }

    def _may_end(self, member: Member) -> bool:
        if member.name.endswith(".__init__"):
            return False
        node = member.names.functions[member.name]
        self._aliases = {
            inner.targets[0].id
            for inner in ast.walk(node)
            if isinstance(inner, ast.Assign)
            and isinstance(inner.targets[0], ast.Name)
            and self._is_it(inner.value)
        }
        return any(self._ends(inner, member) for inner in ast.walk(node)) or any(
            self._is_it(inner) for inner in _handed_out(node)
        )

    def _ends(self, node: ast.AST, member: Member) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr=name)) if (
                name in _ENDS or name in self._api.released_by
            ):
                return not self._is_another(of, member)
            case ast.Call(func=func):
                last = func.attr if isinstance(func, ast.Attribute) else dotted(of_ast(func))
                if last in self._api.given_back_to:
                    return True
                given = (*node.args, *(keyword.value for keyword in node.keywords))
                return any(self._is_it(value) for value in given) and self._may_keep(func, member)
            case ast.withitem(context_expr=of):
                giving = {self._api.exit, self._api.awaited_exit} & GIVING_BACK
                return self._is_it(of) and bool(giving)
            case (
                ast.Delete(targets=targets)
                | ast.Assign(targets=targets, value=ast.Constant(value=None))
            ):
                return any(self._is_it(target) for target in targets)
        return False

    def _is_it(self, node: ast.AST) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                return attr == self._attribute
            case ast.Name(id=name):
                return name in self._aliases
        return False

    def _is_another(self, of: ast.expr, member: Member) -> bool:
        """Tell whether what is closed is certainly something else: a cursor, a file, a pool."""
        kind = member.names.type(of_ast(of), member.name)
        known = member.names.catalog.types.get(kind)
        return known is not None and known.role not in ("connection", "session", "raw")

    def _may_keep(self, func: ast.expr, member: Member) -> bool:
        shape = of_ast(func)
        if member.names.api(shape, member.name) is not None:
            return False
        root = (member.names.qualified(shape, member.name) or dotted(shape)).partition(".")[0]
        return root not in BORROWERS and root not in _ASKED


def _handed_out(node: FunctionDef) -> Iterator[ast.expr]:
    """Yield what a function returns, yields or keeps elsewhere."""
    for inner in own_nodes(node):
        match inner:
            case ast.Assign(targets=[ast.Name()]):
                pass
            case ast.Return(value=value) | ast.Yield(value=value) | ast.Assign(value=value):
                if isinstance(value, ast.Tuple):
                    yield from value.elts
                elif value is not None:
                    yield value


def _closed_by(of: Instance, ends: frozenset[str]) -> str:
    """Return the method that a class has for ending the connection, as it is called."""
    for name in sorted(ends, key=lambda n: (n != "close", n)):
        member = method(of, name)
        if member is None or name.startswith("_") or not ENDING.search(name):
            continue
        node = member.names.functions[member.name]
        needed = len(node.args.args) - len(node.args.defaults)
        if needed <= 1 and not is_property(member):
            return f"await {name}" if isinstance(node, ast.AsyncFunctionDef) else name
    return ""


def _release(attribute: str, closed_by: str, api: Api) -> str:
    """Return the template of what ends it ("{conn}.close()")."""
    if closed_by:
        waits, _, name = closed_by.rpartition(" ")
        return f"{waits} {{conn}}.{name}()".strip()
    return api.release.replace("{conn}", f"{{conn}}.{attribute}")
