"""Whether an exception that only the project raises may come from a place.

`except OrderGone: raise` lets pass what a driver never raises, and neither does any other package:
such an exception comes from a `raise` of the project, in a function that is called there.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property

import libcst as cst

from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, dotted, of_ast, of_cst
from poollint.reading.naming.values.containers import FILLING, is_container
from poollint.reading.paths.walk import children

_LEVELS = 4  # functions that call functions
# What frameworks turn into an answer: their users raise it, and `abort` and `get_or_404` for them.
_ANSWER = "HTTPException"
_ABORTS = ("abort", "_or_404")
# Asked of a connection, a cursor or a text, whatever name that has.
_ASKED = frozenset(
    """cursor execute executemany fetchone fetchall fetchmany fetchrow fetchval commit rollback
    close scalar scalars debug info warning error exception critical""".split()
) | frozenset(name for name in dir(str) if not name.startswith("_"))

Classes = frozenset[Instance | str]
"""Classes of the project, and the framework's by its name."""


class Thrown:
    """Answers for one function of the project."""

    def __init__(self, scope: str, names: Names) -> None:
        self._here = Member(names, scope)
        self._told: dict[tuple[int, frozenset[str]], bool | None] = {}

    def __call__(self, node: cst.CSTNode, exceptions: frozenset[str]) -> bool | None:
        """Tell whether evaluating `node` may raise one of `exceptions`, None where not known.

        They are the last names of what a handler catches; others than the project's may come from
        anywhere.
        """
        key = (id(node), exceptions)
        if key not in self._told:
            sought = [self._own.get(name) for name in exceptions]
            known = frozenset(one for one in sought if one is not None)
            whole = len(known) == len(sought) > 0
            self._told[key] = _worst(self._parts(node, known)) if whole else True
        return self._told[key]

    @cached_property
    def _own(self) -> dict[str, Instance | str]:
        """Return the exceptions that handlers of the function name and only the project raises."""
        names, scope = self._here
        found: dict[str, Instance | str] = {}
        node = names.functions.get(scope)
        for inner in own_nodes(node) if node is not None else ():
            if isinstance(inner, ast.ExceptHandler) and inner.type is not None:
                kinds = inner.type.elts if isinstance(inner.type, ast.Tuple) else [inner.type]
                for kind in kinds:
                    shape = of_ast(kind)
                    last = dotted(shape).rpartition(".")[2]
                    cls = project_class(shape, scope, names)
                    if last and (cls is not None or last == _ANSWER):
                        found[last] = cls or last
        return found

    def _parts(self, node: cst.CSTNode, sought: Classes) -> Iterator[bool | None]:
        for inner in _evaluated(node):
            match inner:
                case cst.Yield():
                    yield True  # whoever goes on may throw it in
                case cst.Raise(exc=exception):
                    plain = exception.func if isinstance(exception, cst.Call) else exception
                    yield _raised(of_cst(plain), self._here, sought) if plain else True
                case cst.Call(func=func, args=args):
                    given = [of_cst(argument.value) for argument in args]
                    yield _called(of_cst(func), given, self._here, sought, _LEVELS)


def _evaluated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what is evaluated with `node`, the bodies of lambdas included: they may be run."""
    stack = [node]
    while stack:
        inner = stack.pop()
        yield inner
        if not isinstance(inner, cst.FunctionDef | cst.ClassDef | cst.Annotation):
            stack += [child for _, child in children(inner)]


def _called(
    callee: Shape, given: Iterable[Shape], here: Member, sought: Classes, levels: int
) -> bool | None:
    """Tell whether a call may raise one of them: it runs the functions, too, that it is handed."""
    return _worst(
        [
            _runs(callee, here, sought, levels),
            *(
                _body(member, sought, levels)
                for shape in given
                if isinstance(shape, Name | Attribute)
                and (member := function(shape, here.name, here.names)) is not None
            ),
        ]
    )


def _runs(callee: Shape, here: Member, sought: Classes, levels: int) -> bool | None:
    names, scope = here
    last = dotted(callee).rpartition(".")[2]
    if names.api(callee, scope) is not None:
        return False
    if _ANSWER in sought and last.endswith(_ABORTS):
        return True
    made = project_class(callee, scope, names)
    member = method(made, "__init__") if made is not None else function(callee, scope, names)
    if member is not None:
        return _body(member, sought, levels)
    if made is not None or _is_foreign(callee, here):
        return False
    if isinstance(callee, Attribute):
        if callee.name in FILLING and is_container(callee.of, scope, names):
            return False
        typed = names.type(callee.of, scope)
        return False if typed or callee.name in _ASKED else None
    return None


def _is_foreign(callee: Shape, here: Member) -> bool:
    """Tell whether a function is imported from outside the project, or built in."""
    names, scope = here
    qualified = names.qualified(callee, scope)
    if qualified:
        known = not qualified.startswith(".") and names.outside.find(qualified) is None
        root = qualified.partition(".")[0]
        return known and (root in sys.stdlib_module_names or not _is_attribute(callee, here))
    return (
        isinstance(callee, Name)
        and hasattr(builtins, callee.text)
        and names.scope(scope).holder(callee.text) is None
    )


def _is_attribute(callee: Shape, here: Member) -> bool:
    """Tell whether a chain goes through a name of the project's own, of which nothing is known."""
    root = callee
    while isinstance(root, Attribute):
        root = root.of
    qualified = here.names.qualified(root, here.name)
    return here.names.outside.find(qualified) is not None if qualified else True


def _body(member: Member, sought: Classes, levels: int) -> bool | None:
    """Tell whether a function of the project, or what it calls, raises one of them."""
    memory = member.names.memory.setdefault("thrown", {})
    key = (member.name, sought)
    if key not in memory:
        if not levels:
            return None
        memory[key] = False  # one that calls itself
        memory[key] = _worst(_within(member, sought, levels))
    found: bool | None = memory[key]
    return found


def _within(member: Member, sought: Classes, levels: int) -> Iterator[bool | None]:
    node = member.names.functions[member.name]
    if _is_declared(node):
        yield None
    for decorator in node.decorator_list:
        wrapper = function(of_ast(decorator), "", member.names)
        yield _body(wrapper, sought, levels - 1) if wrapper is not None else False
    for inner in own_nodes(node):
        match inner:
            case ast.Raise(exc=ast.expr() as exception):
                plain = exception.func if isinstance(exception, ast.Call) else exception
                yield _raised(of_ast(plain), member, sought)
            case ast.Call(func=func, args=args, keywords=keywords):
                given = [of_ast(value) for value in (*args, *(k.value for k in keywords))]
                yield _called(of_ast(func), given, member, sought, levels - 1)


def _is_declared(node: FunctionDef) -> bool:
    """Tell whether a function has no body: others stand for it."""
    return all(isinstance(one, ast.Expr | ast.Pass) for one in node.body) and not any(
        isinstance(inner, ast.Call) for inner in own_nodes(node)
    )


def _raised(kind: Shape, here: Member, sought: Classes) -> bool | None:
    """Tell whether what is raised is one of them."""
    cls = project_class(kind, here.name, here.names)
    if cls is not None:
        whole = lineage(cls)
        return bool(sought & set(whole)) or (_ANSWER in sought and _answers(whole))
    last = dotted(kind).rpartition(".")[2]
    if isinstance(kind, Name) and isinstance(getattr(builtins, kind.text, None), type):
        return False
    if here.names.qualified(kind, here.name):
        return _ANSWER in sought if last[:1].isupper() else None
    return None


def _answers(whole: Iterable[Instance]) -> bool:
    """Tell whether a class inherits from one of others: that may be the framework's."""
    for names, cls in whole:
        for node in names.classes[cls].bases:
            base = of_ast(node)
            builtin = isinstance(base, Name) and hasattr(builtins, base.text)
            if not builtin and project_class(base, "", names) is None:
                return True
    return False


def _worst(told: Iterable[bool | None]) -> bool | None:
    """Return True where one is true, else None where one is not known."""
    found = set(told)
    return True if True in found else None if None in found else False
