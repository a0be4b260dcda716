"""What a framework hands to a parameter that says who provides it: `db=Depends(get_db)`.

The type is that of what the provider returns or yields, in this file or another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from poollint.reading.naming.given.decorating import calls
from poollint.reading.naming.objects import instances
from poollint.reading.naming.objects.instances import Instance, Member
from poollint.reading.naming.objects.managers import handed_out
from poollint.reading.naming.scopes.aliases import alias
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import Called, Name, Shape, dotted, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.bindings import FunctionDef
    from poollint.reading.naming.scopes.names import Names

# Taskiq, FastStream and fast-depends took over the marks of FastAPI and what they mean.
_INJECTORS = frozenset(
    """fastapi.Depends fastapi.params.Depends fastapi.Security taskiq.TaskiqDepends
    taskiq_dependencies.Depends faststream.Depends fast_depends.Depends""".split()
)


def depends(value: ast.expr | None, scope: str, names: Names) -> bool:
    """Tell whether a value is FastAPI's mark, or its like, of a parameter that it fills itself."""
    shape = of_ast(value)
    if not isinstance(shape, Called):
        return False
    return names.qualified(shape.callee, scope) in _INJECTORS or (
        dotted(shape.callee) in _INJECTORS
    )


def defaults(node: FunctionDef) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Yield the parameters of a function that a name can be given to, each with its default."""
    plain = [*node.args.posonlyargs, *node.args.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(node.args.defaults))
    yield from zip(plain, [*missing, *node.args.defaults], strict=True)
    yield from zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)


class Dependency(NamedTuple):
    """A parameter that a framework fills.

    provider  the function of the project that makes its value, None where that is not told
    said      what says so, among the function's own parameters
    early     it is taken back when the function has returned, the response not sent yet
    named     how the provider is named, where it is: `db.session` of `Depends(db.session)`
    """

    parameter: str
    provider: Member | None
    said: ast.expr
    early: bool = False
    named: tuple[Shape, str, Names] | None = None


def dependencies(of: Member) -> tuple[Dependency, ...]:
    """Return the parameters of a function that FastAPI fills: `= Depends(f)`, `Annotated[…]`."""
    memory: dict[str, tuple[Dependency, ...]] = of.names.memory.setdefault("dependencies", {})
    if of.name not in memory:
        memory[of.name] = tuple(_dependencies(of))
    return memory[of.name]


def _dependencies(of: Member) -> Iterator[Dependency]:
    names, name = of
    for argument, default in defaults(names.functions[name]):
        marks = [(default, name, names), *_marks(argument.annotation, name, names)]
        for mark, scope, where in marks:
            if isinstance(mark, ast.Call) and depends(mark, scope, where):
                said = argument.annotation or mark
                provider = _provides(mark, scope, where)
                named = None if isinstance(_given(mark), ast.Call) else _given(mark)
                by = (of_ast(named), scope, where) if named is not None else None
                yield Dependency(argument.arg, provider, said, _early(mark), by)
                break


def _early(mark: ast.Call) -> bool:
    """Tell whether `Depends(f, scope="function")` says so."""
    told = [k.value for k in mark.keywords if k.arg == "scope"]
    return any(isinstance(value, ast.Constant) and value.value == "function" for value in told)


def _marks(
    annotation: ast.expr | None, scope: str, names: Names
) -> Iterator[tuple[ast.expr, str, Names]]:
    """Yield what stands beside the class in an annotation, or in that of its alias."""
    if isinstance(annotation, ast.Name | ast.Attribute):
        meant = alias(of_ast(annotation), scope, names)
        if meant is not None and not isinstance(meant[0], ast.Name | ast.Attribute):
            yield from _marks(meant[0], "", meant[1])
    if isinstance(annotation, ast.Subscript):
        inner = annotation.slice
        for value in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
            yield value, scope, names


def _provides(mark: ast.Call, scope: str, names: Names) -> Member | None:
    """Return the function that `Depends(f)` or `Depends(make())` names."""
    given = _given(mark)
    if isinstance(given, ast.Call):
        maker = instances.function(of_ast(given.func), scope, names)
        return _made(maker) if maker is not None else None
    return instances.function(of_ast(given), scope, names) if given is not None else None


def _given(mark: ast.Call) -> ast.expr | None:
    """Return what `Depends(…)` is given."""
    told = [k.value for k in mark.keywords if k.arg == "dependency"]
    return next(iter([*mark.args, *told]), None)


def _made(maker: Member) -> Member | None:
    """Return the one function that a function of the project makes, None where it does not."""
    values = maker.names.results(maker.name) or ()
    found = {instances.function(of_ast(value), maker.name, maker.names) for value in values}
    return found.pop() if len(found) == 1 else None


def depended_on(name: str, names: Names) -> Iterator[Member]:
    """Yield what others depend on by a name of a module: `f`, what `f()` makes, `Annotated[…]`."""
    member = instances.function(Name(name), "", names)
    made = _made(member) if member is not None else None
    yield from (one for one in (member, made) if one is not None)
    marks = () if member is not None else _marks(ast.Name(name), "", names)
    for mark, scope, where in marks:
        if isinstance(mark, ast.Call) and depends(mark, scope, where):
            provided = _provides(mark, scope, where)
            yield from (provided,) if provided is not None else ()


def provider(names: Names, function: str, parameter: str) -> Member | None:
    """Return the function of the project that provides what a bare parameter is given."""
    found = dependencies(Member(names, function))
    return next((d.provider for d in found if d.parameter == parameter), None)


def provided_class(names: Names, function: str, parameter: str) -> Instance | None:
    """Return the class of the project of which a framework makes an object for a parameter."""
    found = dependencies(Member(names, function))
    named = next((d.named for d in found if d.parameter == parameter), None)
    return instances.project_class(*named) if named is not None else None


def yielded(member: Member) -> tuple[ast.expr, ...]:
    """Return what a generator of the project hands out; nothing of any other function.

    Under decorators it does where each is of the project and makes a generator around it.
    """
    names, name = member
    parent = names.scope(name).parent
    scope = parent.name if parent else ""
    decorators = names.functions[name].decorator_list
    return handed_out(member) if all(_goes_on(d, scope, names) for d in decorators) else ()


def _goes_on(decorator: ast.expr, scope: str, names: Names) -> bool:
    """Tell whether what a decorator makes is a generator that goes through the one decorated."""
    wrappers = [wrapper for wrapper, _ in calls(decorator, scope, names)]
    return bool(wrappers) and all(
        any(isinstance(n, ast.Yield | ast.YieldFrom) for n in own_nodes(w.names.functions[w.name]))
        for w in wrappers
    )
