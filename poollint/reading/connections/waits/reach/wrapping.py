"""Decorators under which calling a function still runs it, and how it ends for who calls it.

`@retry(stop=…)`, `@traceable`, a task of Celery, a decorator of the project whose wrapper calls
what it wraps, or that the project makes of a known one (`RETRY = retry(stop=…)`). Of any other
nothing is known: it may queue the call, or answer from a cache.
"""

from __future__ import annotations

import ast
import re

from poollint.reading.connections.waits.reach.in_place import runs_in_place
from poollint.reading.naming.objects.instances import Member, function, project_class
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import MANAGERS, decorator_name, dotted, of_ast
from poollint.syntax.nodes import walk

_LEVELS = 3  # names and functions on the way to the decorator that one is made of
# By their last names, as libraries that do the same call them alike.
_RUNNING = frozenset(
    """staticmethod classmethod override retry on_exception on_predicate wraps traceable observe
    sleep_and_retry start_as_current_span atomic traced capture_span capture_method function_trace
    validate_call validate_arguments typechecked beartype deprecated circuit circuit_breaker
    breaker limits receiver""".split()
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
    decorators = member.names.functions[member.name].decorator_list
    return all(
        decorator_name(decorator) in MANAGERS or runs_under(decorator, member)
        for decorator in decorators
    )


def runs_under(decorator: ast.expr, member: Member) -> bool:
    """Tell whether calling a function runs its body under one of its decorators."""
    around = member.names.scope(member.name).parent
    scope = around.name if around else ""
    return runs_in_place(decorator, member) or _runs(decorator, scope, member.names, _LEVELS)


def _runs(decorator: ast.expr, scope: str, names: Names, levels: int) -> bool:
    """Tell whether a decorator calls what it decorates whenever that is called."""
    if decorator_name(decorator) in _RUNNING:
        return True
    if not levels or _KEEPING.search(decorator_name(decorator)):
        return False
    called = isinstance(decorator, ast.Call)
    plain = of_ast(decorator.func if isinstance(decorator, ast.Call) else decorator)
    found = function(plain, scope, names)
    if found is not None:
        return _wraps(found) or _makes_one(found, called, levels - 1)
    there = names.imported(plain, scope)
    if there is not None:
        plain, scope, names = there[1], "", there[0]
    bound = [b for b in names.bound(plain, scope) if b.how != ":"]
    if len(bound) != 1 or bound[0].how != "=" or bound[0].value is None:
        return False
    if called:
        return _is_maker(bound[0].value)
    return _runs(bound[0].value, bound[0].where, names, levels - 1)


def _is_maker(value: ast.expr) -> bool:
    """Tell whether a value makes a known decorator when called: `partial(retry, stop=…)`."""
    match value:
        case ast.Call(func=func, args=[inner, *_]) if decorator_name(func) == "partial":
            value = inner
    return not isinstance(value, ast.Call) and decorator_name(value) in _RUNNING


def _makes_one(of: Member, called: bool, levels: int) -> bool:
    """Tell whether a function gives a decorator that runs what it decorates.

    `called` for what makes one (`return retry(stop=…)`), not for what is one itself
    (`return retry(stop=…)(function)`).
    """
    names, name = of
    first = [arg.arg for arg in names.functions[name].args.args][of.bound :][:1]
    given = names.results(name) or ()
    return bool(given) and all(
        _runs(value, name, names, levels)
        if called
        else isinstance(value, ast.Call)
        and bool(first)
        and [arg.id for arg in value.args if isinstance(arg, ast.Name)] == first
        and _runs(value.func, name, names, levels)
        for value in given
    )


def _wraps(found: Member) -> bool:
    """Tell whether a decorator of the project calls what it is given, or gives that back."""
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
    calls = (inner.func for inner in walk(node) if isinstance(inner, ast.Call))
    names = (
        func.attr if isinstance(func, ast.Attribute) else dotted(of_ast(func)) for func in calls
    )
    return any(_ENDS.search(name) for name in names)
