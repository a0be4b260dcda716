"""What of a class ends the connection that its objects keep: whatever may do so counts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.lending import BORROWERS, ENDING, GIVING_BACK
from poollint.reading.naming.objects.instances import Instance, Member, is_property, lineage, method
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import dotted, of_ast
from poollint.syntax.nodes import walk

ASKED = frozenset({"isinstance", "type", "super", "id", "repr", "str", "print"})
"""Functions that are given an object, and keep nothing of it."""

# What ends a connection by the name of the method alone, whatever it is called on.
_LEAVING = ("__exit__", "__aexit__")
_ENDS = frozenset(
    """close aclose closeall close_all dispose disconnect shutdown terminate release remove
    stop""".split()
).union(_LEAVING)


def methods_of(of: Instance) -> list[str]:
    """Return the names of the functions of a class."""
    prefix = f"{of.cls}."
    names = (name.removeprefix(prefix) for name in of.names.functions if name.startswith(prefix))
    return [name for name in names if "." not in name]


def member_of(of: Instance, name: str) -> Member:
    """Return the function of a class that has a name."""
    return Member(of.names, f"{of.cls}.{name}")


class Ends:
    """The methods of a class, asked for what may end the connection that an attribute holds."""

    def __init__(self, of: Instance, attribute: str, api: Api) -> None:
        self._of = of
        self._attribute = attribute
        self._api = api
        self._aliases: set[str] = set()
        self._all = {
            name: member_of(at, name) for at in reversed(lineage(of)) for name in methods_of(at)
        }

    def names(self) -> frozenset[str]:
        """Return the methods that may end it, or hand it on, those that call such ones too."""
        found = {name for name, member in self._all.items() if self._may_end(member)}
        while True:
            more = {
                name
                for name, member in self._all.items()
                if name not in found and self.calls(member) & found
            }
            if not more:
                return frozenset(found)
            found |= more

    @staticmethod
    def calls(member: Member) -> set[str]:
        """Return the methods of its own object that a method calls, or hands on."""
        return {
            node.attr
            for node in walk(member.names.functions[member.name])
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name | ast.Call)
            and ast.unparse(node.value) in ("self", "super()")
        }

    def _may_end(self, member: Member) -> bool:
        if member.name.endswith(".__init__"):
            return False
        node = member.names.functions[member.name]
        return self.in_body(member) or any(self._is_it(inner) for inner in _handed_out(node))

    def in_body(self, member: Member) -> bool:
        """Tell whether a method may end it itself, whatever it hands out."""
        node = member.names.functions[member.name]
        self._aliases = {
            inner.targets[0].id
            for inner in walk(node)
            if isinstance(inner, ast.Assign)
            and isinstance(inner.targets[0], ast.Name)
            and self._is_it(inner.value)
        }
        return any(self._ends(inner, member) for inner in walk(node))

    def _ends(self, node: ast.AST, member: Member) -> bool:
        match node:
            case (
                ast.Attribute(value=of, attr=name)
                | ast.Call(func=ast.Attribute(value=of, attr=name))
            ) if name in _LEAVING and self._is_it(of):
                return self._gives_back()
            case ast.Call(func=ast.Attribute(value=of, attr=name)) if (
                name in _ENDS or name in self._api.released_by
            ) and not self._is_another(of, member):
                return True
            case ast.Attribute(value=of, attr=name) if name in (*_ENDS, *self._api.released_by):
                return self._is_it(of)  # called later: `stack.callback(self.conn.close)`
            case ast.Call(func=func):
                last = func.attr if isinstance(func, ast.Attribute) else dotted(of_ast(func))
                if last in self._api.given_back_to:
                    return True
                given = (*node.args, *(keyword.value for keyword in node.keywords))
                return any(self._is_it(value) for value in given) and self._may_keep(func, member)
            case ast.withitem(context_expr=of):
                return self._is_it(of) and self._gives_back()
            case (
                ast.Delete(targets=targets)
                | ast.Assign(targets=targets, value=ast.Constant(value=None))
            ):
                return any(self._is_it(target) for target in targets)
        return False

    def _gives_back(self) -> bool:
        """Tell whether it is given back where its block is left: psycopg2's stays open."""
        return bool({self._api.exit, self._api.awaited_exit} & GIVING_BACK)

    def _is_it(self, node: ast.AST) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                return attr == self._attribute
            case ast.Name(id=name):
                return name in self._aliases
        return False

    def _is_another(self, of: ast.expr, member: Member) -> bool:
        """Tell whether what is closed is certainly something else: a cursor, a file, a pool."""
        shape = of_ast(of)
        made = [b.value for b in member.names.bound(shape, member.name)]
        if made and all(_is_cursor(value) for value in made):
            return True
        kind = member.names.type(shape, member.name)
        known = member.names.catalog.types.get(kind)
        return known is not None and known.role not in ("connection", "session", "raw")

    def _may_keep(self, func: ast.expr, member: Member) -> bool:
        shape = of_ast(func)
        if member.names.api(shape, member.name) is not None:
            return False
        root = (member.names.qualified(shape, member.name) or dotted(shape)).partition(".")[0]
        return root not in BORROWERS and root not in ASKED


def _is_cursor(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith(".cursor")


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


def closed_by(of: Instance, ends: frozenset[str]) -> str:
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


def release(attribute: str, closed_by: str, api: Api) -> str:
    """Return the template of what ends it ("{conn}.close()")."""
    if closed_by:
        waits, _, name = closed_by.rpartition(" ")
        return f"{waits} {{conn}}.{name}()".strip()
    return api.release.replace("{conn}", f"{{conn}}.{attribute}")
