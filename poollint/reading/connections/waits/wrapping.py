"""Decorators under which calling a function still runs it, and how it ends for who calls it.

`@retry(stop=…)`, `@traceable`, a decorator of the project whose wrapper calls what it wraps. Of
any other nothing is known: it may queue the call, or answer from a cache.
"""

from __future__ import annotations

import ast
import re

from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.instances import Member, function, project_class
from poollint.reading.naming.names import Names
from poollint.reading.naming.providing import MANAGERS
from poollint.reading.naming.shapes import decorator_name, dotted, of_ast

# By their last names, as libraries that do the same call them alike.
_RUNNING = frozenset(
    """staticmethod classmethod override retry on_exception on_predicate wraps traceable observe
    sleep_and_retry start_as_current_span atomic""".split()
)
# What keeps a function, or what it would return, for later.
_LATER = frozenset("create_task ensure_future submit add_task apply_async delay partial".split())
# What answers from memory most of the time, or runs a function once.
_KEEPING = re.compile("cache|memo|once|single", re.I)
# What has to do with a transaction by its name, and what ends one.
_TRANSACTING = re.compile("transact|atomic|commit|rollback|session|unit_?of_?work|uow", re.I)
_ENDS = re.compile("commit|rollback|close|^remove|^begin|release|^end|finish", re.I)


def runs_body(member: Member) -> bool:
    """Tell whether calling a function of the project runs its body, under all its decorators."""
    node = member.names.functions[member.name]
    known = _RUNNING | MANAGERS
    return all(
        decorator_name(decorator) in known or _wraps(decorator, member)
        for decorator in node.decorator_list
    )


def _wraps(decorator: ast.expr, member: Member) -> bool:
    """Tell whether a decorator of the project calls what it decorates whenever that is called."""
    names, name = member
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    around = names.scope(name).parent
    found = function(of_ast(plain), around.name if around else "", names)
    if found is None or _KEEPING.search(decorator_name(decorator)):
        return False
    memory: dict[str, bool] = found.names.memory.setdefault("wraps", {})
    if found.name not in memory:
        memory[found.name] = _calls_what_it_is_given(found)
    return memory[found.name]


def _calls_what_it_is_given(of: Member) -> bool:
    """Tell whether a function gives back what it is given, or one within calls that."""
    names, name = of
    parameters = {arg.arg for arg in names.functions[name].args.args}
    results = names.results(name) or ()
    if any(isinstance(value, ast.Name) and value.id in parameters for value in results):
        return True
    prefix = f"{name}.<locals>."
    return any(
        _runs_parameter(names.functions[inner], inner, names)
        for inner in names.functions
        if inner.startswith(prefix)
    )


def _runs_parameter(node: FunctionDef, name: str, names: Names) -> bool:
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and _is_parameter_around(call.func.id, name, names)
        and call not in _kept(node)
        for call in own_nodes(node)
    )


def _is_parameter_around(text: str, scope: str, names: Names) -> bool:
    holder = names.scope(scope).holder(text)
    if holder is None or holder.name == scope or holder.name not in names.functions:
        return False
    return all(binding.how == ":" for binding in holder.bound[text])


def _kept(node: FunctionDef) -> list[ast.expr]:
    """Return what a function hands to a call that only keeps it for later."""
    calls = [n for n in own_nodes(node) if isinstance(n, ast.Call)]
    later = [c for c in calls if dotted(of_ast(c.func)).rpartition(".")[2] in _LATER]
    return [argument for call in later for argument in call.args]


def ends_around(member: Member) -> bool:
    """Tell whether a decorator of a function may end the transaction that the function begins.

    One of the project does that by what it calls; of others only the name tells.
    """
    node = member.names.functions[member.name]
    return any(_ends(decorator, member) for decorator in node.decorator_list)


def _ends(decorator: ast.expr, member: Member) -> bool:
    names, name = member
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    around = names.scope(name).parent
    scope = around.name if around else ""
    found = function(of_ast(plain), scope, names)
    if found is not None:
        return _calls_an_end(found.names.functions[found.name])
    cls = project_class(of_ast(plain), scope, names)
    if cls is not None:
        return _calls_an_end(cls.names.classes[cls.cls])
    return bool(_TRANSACTING.search(decorator_name(decorator)))


def _calls_an_end(node: ast.AST) -> bool:
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
    names = (
        func.attr if isinstance(func, ast.Attribute) else dotted(of_ast(func)) for func in calls
    )
    return any(_ENDS.search(name) for name in names)
