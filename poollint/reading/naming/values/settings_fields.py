"""The environment variables that fields of a settings class are read from.

Source: docs.pydantic.dev, concepts/pydantic_settings (a field is read from the variable of its name
behind `env_prefix`; an alias is the whole name) and, for its version 1, `Field(env=…)` and
`class Config`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.objects.instances import Instance, lineage
from poollint.reading.naming.scopes.shapes import dotted, of_ast
from poollint.reading.naming.values.strings import argument

_ALIASES = ("validation_alias", "alias", "env")
_PREFIX = "env_prefix"
_BASES = frozenset(("pydantic_settings.BaseSettings", "pydantic.BaseSettings"))


def is_of_settings(of: Instance | None) -> bool:
    """Tell whether an object is one of a class of settings, which reads its fields itself."""
    found = lineage(of) if of else ()
    return any(
        names.qualified(of_ast(base), "") in _BASES
        for names, cls in found
        if cls in names.classes
        for base in names.classes[cls].bases
    )


def variable_of(field: str, of: Instance | None) -> str:
    """Return the name of the variable, in capitals; "" where it is not known."""
    bodies = (
        [names.classes[cls].body for names, cls in lineage(of) if cls in names.classes]
        if of
        else []
    )
    value = next((v for body in bodies for v in _values(body, field)), None)
    if isinstance(value, ast.Call) and dotted(of_ast(value.func)).endswith("Field"):
        given = (argument(value, -1, name) for name in _ALIASES)
        alias = next((node for node in given if node is not None), None)
        if alias is not None:
            return _text(_first(alias)).upper()
    prefix = next((p for body in bodies for p in _prefixes(body)), None)
    if prefix is None:
        return field.upper()
    stated = isinstance(prefix, ast.Constant) and isinstance(prefix.value, str)
    return f"{_text(prefix)}{field}".upper() if stated else ""


def _first(given: ast.expr) -> ast.expr:
    """Return an alias, of several (`AliasChoices`) the first."""
    match given:
        case ast.Call(args=[first, *_]) | ast.List(elts=[first, *_]):
            return _first(first)
    return given


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _prefixes(body: list[ast.stmt]) -> Iterator[ast.expr]:
    """Yield what a class puts before the names of its fields."""
    for config in _values(body, "model_config"):
        match config:
            case ast.Call():
                given = argument(config, -1, _PREFIX)
                yield from (given,) if given is not None else ()
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                yield from (value for key, value in pairs if key and _text(key) == _PREFIX)
    for inner in body:
        if isinstance(inner, ast.ClassDef) and inner.name == "Config":
            yield from _values(inner.body, _PREFIX)


def _values(body: list[ast.stmt], name: str) -> Iterator[ast.expr]:
    """Yield the values that the body of a class gives a name."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=known)], value=value) if known == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=known), value=ast.expr() as value):
                if known == name:
                    yield value
