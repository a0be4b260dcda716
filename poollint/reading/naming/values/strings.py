"""The text of an expression, as far as the file tells it.

Works on `ast`, in which names are bound; a libcst expression is brought there by its code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from poollint.reading.naming.scopes.bindings import Binding, parameters
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, of_ast
from poollint.reading.naming.values.scripts import script
from poollint.reading.session.sql import HOLE

MAX_DEPTH = 40  # names that stand for names, operands of one sum

_KEPT = frozenset(
    """strip lstrip rstrip lower upper encode decode bindparams bindparam columns
    execution_options params as_string as_bytes""".split()
)
_SAME = frozenset(
    {
        "textwrap.dedent",
        "inspect.cleandoc",
        "str",
        "django.db.migrations.RunSQL",
        "sqlalchemy.sql.text",
        "alembic.op.inline_literal",
    }
)
# What psycopg2 and psycopg 3 put a statement together from (`sql.SQL` is in the catalog).
_SPLITTING = frozenset({"sqlparse.split", "sqlparse.parse"})
_COMPOSING = re.compile(r"psycopg2?\.sql\.(Identifier|Literal|Composed)")
_PLAIN = re.compile(r"[a-z_][a-z0-9_.]*")
_FIELD = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
_PERCENT = re.compile(r"%%|%.?", re.S)


class Strings:
    """The texts of one module. `HOLE` stands for each part that is unknown.

    `across` tells that what other files say counts too: constants of other modules, files of SQL.
    """

    def __init__(self, names: Names, across: bool = False) -> None:
        self._names = names
        self._across = across

    def of(self, node: ast.expr, scope: str, line: Callable[[], int], depth: int = 0) -> str:
        """Return the text of an expression read in `scope`; `HOLE` alone where it is unknown.

        `line` is asked where it is read when a name has several values: the nearest above
        counts.
        """
        if depth > MAX_DEPTH:
            return HOLE
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Constant(value=bool() | None):
                return HOLE
            case ast.Constant(value=int(number)):
                return str(number)
            case ast.JoinedStr(values=values):
                return "".join(self._part(v, scope, line, depth) for v in values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                head = self.of(left, scope, line, depth + 1)
                return head + self.of(right, scope, line, depth + 1)
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                text = self.of(left, scope, line, depth + 1)
                told = right.elts if isinstance(right, ast.Tuple) else [right]
                return _interpolated(text, [self.of(v, scope, line, depth + 1) for v in told])
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self.of(value, scope, line, depth + 1)
            case ast.IfExp(body=body, orelse=orelse):  # one of them: what either may do, it may do
                found = self.of(body, scope, line, depth + 1)
                return self.of(orelse, scope, line, depth + 1) if found == HOLE else found
            case ast.Call():
                return self._of_call(node, scope, line, depth)
            case ast.Attribute(value=ast.Attribute() as member, attr="value"):  # of an enum
                return self._of_name(member, scope, line, depth)
            case ast.Name() | ast.Attribute():
                return self._of_name(node, scope, line, depth)
        return HOLE

    def _part(self, node: ast.expr, scope: str, line: Callable[[], int], depth: int) -> str:
        if not isinstance(node, ast.FormattedValue):
            return self.of(node, scope, line, depth + 1)
        if node.conversion != -1 or node.format_spec is not None:
            return HOLE
        return self.of(node.value, scope, line, depth + 1)

    def _of_call(self, node: ast.Call, scope: str, line: Callable[[], int], depth: int) -> str:
        wrapped = self._wrapped(node, scope)
        if wrapped is not None:
            return self.of(wrapped, scope, line, depth + 1)
        composing = _COMPOSING.fullmatch(self._names.qualified(of_ast(node.func), scope))
        if composing:
            return self._composed(composing[1], node, scope, line, depth)
        loaded = script(node, scope, self._names) if self._across else None
        if loaded is not None:
            return loaded
        if not isinstance(node.func, ast.Attribute):
            return HOLE
        receiver = self.of(node.func.value, scope, line, depth + 1)
        if node.func.attr in _KEPT:
            return receiver
        if node.func.attr == "format":
            values = self._told(node, scope, line, depth)
            return _FIELD.sub(lambda field: _formatted(field[0], values), receiver)
        if node.func.attr == "replace" and len(node.args) > 1:
            old, new = (self.of(arg, scope, line, depth + 1) for arg in node.args[:2])
            return HOLE if not old or HOLE in old else receiver.replace(old, new)
        if node.func.attr == "join" and len(node.args) == 1:
            items = node.args[0]
            if isinstance(items, ast.List | ast.Tuple):
                return receiver.join(self.of(i, scope, line, depth + 1) for i in items.elts)
        return HOLE

    def _composed(
        self, kind: str, node: ast.Call, scope: str, line: Callable[[], int], depth: int
    ) -> str:
        """Return a name, a value or a list of parts as psycopg writes them into a statement."""
        if kind == "Composed":
            items = node.args[0] if node.args else None
            known = isinstance(items, ast.List | ast.Tuple)
            parts = items.elts if isinstance(items, ast.List | ast.Tuple) else ()
            return "".join(self.of(i, scope, line, depth + 1) for i in parts) if known else HOLE
        if kind == "Literal":
            text = self.of(node.args[0], scope, line, depth + 1) if node.args else HOLE
            number = node.args and isinstance(node.args[0], ast.Constant) and text.isdecimal()
            return text if number or HOLE in text else "'" + text.replace("'", "''") + "'"
        text = ".".join(self.of(part, scope, line, depth + 1) for part in node.args)
        plain = _PLAIN.fullmatch(text) is not None
        return text if plain else HOLE if HOLE in text else '"' + text.replace('"', '""') + '"'

    def _told(
        self, node: ast.Call, scope: str, line: Callable[[], int], depth: int
    ) -> dict[str, str]:
        """Return the texts of a call's arguments by position ("0") and keyword."""
        given = [(str(index), value) for index, value in enumerate(node.args)]
        if any(isinstance(value, ast.Starred) for value in node.args):
            given = []
        given += [(k.arg, k.value) for k in node.keywords if k.arg]
        return {key: self.of(value, scope, line, depth + 1) for key, value in given}

    def _wrapped(self, node: ast.Call, scope: str) -> ast.expr | None:
        """Return what `text(…)`, `SQL(…)` and the like are told, None for any other call."""
        shape = of_ast(node.func)
        api = self._names.api(shape, scope)
        if api is not None and api.kind == "text":
            return argument(node, api.position, api.keyword)
        name = self._names.qualified(shape, scope)
        builtin = isinstance(shape, Name) and shape.text == "str" and not name
        return argument(node, 0) if builtin or name in _SAME else None

    def _of_name(self, node: ast.expr, scope: str, line: Callable[[], int], depth: int) -> str:
        shape = of_ast(node)
        there = self._names.imported(shape, scope) if self._across else None
        if there is not None:
            return Strings(there[0], across=True)._of_constant(there[1], depth + 1)
        if isinstance(shape, Attribute) and not shape.name.lstrip("_").isupper():
            return HOLE  # an attribute in small letters may be anything by now
        found = self._names.bound(shape, scope)
        if self._across and {b.how for b in found} == {"?"} and isinstance(node, ast.Name):
            return self._of_turns(node.id, found[0].where, line, depth)
        assigned = [b for b in found if b.how == "="]
        if not assigned or any(b.how not in "=:" for b in found) or self._is_parameter(found):
            return HOLE
        chosen = assigned[0] if len(assigned) == 1 else _nearest(assigned, scope, line)
        if chosen is None or chosen.value is None:
            return HOLE
        value = chosen.value
        return self.of(value, chosen.where, lambda: value.lineno, depth + 1)

    def _of_turns(self, name: str, scope: str, line: Callable[[], int], depth: int) -> str:
        """Return the texts that a loop gives a name one after the other, as those of a script."""
        around = self._names.functions.get(scope, self._names.module)
        loops = [node for node in own_nodes(around) if isinstance(node, ast.For)]
        own = [n for n in loops if isinstance(n.target, ast.Name) and n.target.id == name]
        if len(own) > 1:
            here = line()
            own = [n for n in own if n.lineno <= here <= (n.end_lineno or n.lineno)]
        return self._of_each(own[0].iter, scope, line, depth + 1) if len(own) == 1 else HOLE

    def _of_each(self, node: ast.expr, scope: str, line: Callable[[], int], depth: int) -> str:
        """Return what there is in a collection of texts; `HOLE` where that is not told."""
        if depth > MAX_DEPTH:
            return HOLE
        match node:
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return ";\n".join(self.of(item, scope, line, depth + 1) for item in items)
            case ast.ListComp(generators=[only]) | ast.GeneratorExp(generators=[only]):
                return self._of_each(only.iter, scope, line, depth + 1)
            case ast.Call(
                func=ast.Attribute(value=whole, attr="split"), args=[ast.Constant(value=";"), *_]
            ):
                return self.of(whole, scope, line, depth + 1)
            case ast.Call(func=callee, args=[whole, *_]):
                splits = self._names.qualified(of_ast(callee), scope) in _SPLITTING
                return self.of(whole, scope, line, depth + 1) if splits else HOLE
            case ast.Name() | ast.Attribute():
                return self._of_kept(node, scope, line, depth)
        return HOLE

    def _of_kept(
        self, node: ast.Name | ast.Attribute, scope: str, line: Callable[[], int], depth: int
    ) -> str:
        """Return what there is in the one collection that a name is given."""
        names, shape = self._names, of_ast(node)
        there = names.imported(shape, scope)
        names, shape, scope = (*there, "") if there else (names, shape, scope)
        found = [b for b in names.bound(shape, scope) if b.how != ":"]
        value = found[0].value if len(found) == 1 and found[0].how == "=" else None
        if value is None:
            return HOLE
        return Strings(names, across=True)._of_each(value, found[0].where, line, depth + 1)

    def _of_constant(self, shape: Shape, depth: int) -> str:
        """Return the text of a name that another file imports from this one."""
        small = isinstance(shape, Attribute) and not shape.name.lstrip("_").isupper()
        found = [b for b in self._names.bound(shape, "") if b.how != ":"]
        value = found[0].value if len(found) == 1 and found[0].how == "=" and not small else None
        if value is None or depth > MAX_DEPTH:
            return HOLE
        return self.of(value, found[0].where, lambda: value.lineno, depth)

    def _is_parameter(self, found: tuple[Binding, ...]) -> bool:
        """Tell whether one of the places is a parameter: then the caller may say the value."""
        for binding in found:
            function = self._names.functions.get(binding.where)
            if binding.how == ":" and function is not None:
                annotations = [a.annotation for a in parameters(function.args)]
                if any(binding.value is annotation for annotation in annotations):
                    return True
        return False


def argument(node: ast.Call, position: int, keyword: str = "") -> ast.expr | None:
    """Return an argument of a call by its position or keyword, None where it is not given."""
    named = next((k.value for k in node.keywords if k.arg and k.arg == keyword), None)
    if named is not None or not 0 <= position < len(node.args):
        return named
    before = node.args[: position + 1]
    return None if any(isinstance(a, ast.Starred) for a in before) else before[-1]


def _nearest(found: list[Binding], scope: str, line: Callable[[], int]) -> Binding | None:
    """Return the last assignment above, where all stand in the function that reads the name."""
    if any(binding.where != scope for binding in found):
        return None
    here = line()
    above = [b for b in found if b.value is not None and b.value.lineno <= here]
    return max(above, key=lambda b: b.value.lineno if b.value else 0, default=None)


def _formatted(field: str, values: dict[str, str]) -> str:
    """Return what takes the place of a field of `str.format`; each `{}` takes the next value."""
    if field in {"{{", "}}"}:
        return field[0]
    name = field[1:-1]
    if not name:  # counted by what was taken: the values are those of one text only
        name = values["next"] = str(int(values.get("next", "-1")) + 1)
    return values.get(name, HOLE)


def _interpolated(text: str, values: list[str]) -> str:
    """Return a text with each `%s` and `%d` filled in; one that is unknown stays a placeholder."""
    found = [match for match in _PERCENT.findall(text) if match != "%%"]
    if len(found) != len(values) or any(match not in {"%s", "%d"} for match in found):
        return text
    taken = iter(values)

    def fill(match: re.Match[str]) -> str:
        value = next(taken) if match[0] != "%%" else HOLE
        return match[0] if HOLE in value else value

    return _PERCENT.sub(fill, text)
