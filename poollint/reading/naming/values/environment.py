"""Which environment variable an expression reads, and what it falls back to."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    instance,
    is_property,
    method,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape, dotted, of_ast
from poollint.reading.naming.values.settings_fields import is_of_settings, variable_of
from poollint.reading.naming.values.strings import argument

_READERS = frozenset({"os.environ.get", "os.getenv", "os.environ.setdefault", "decouple.config"})
# Objects that read variables when called, or by a method per type (`env.int("X", default=5)`).
_OBJECTS = frozenset(
    {"environ.Env", "environs.Env", "starlette.config.Config", "decouple.AutoConfig"}
)
_CASTS = frozenset({"int", "float", "str"})
_SETTINGS = re.compile(r"(?i)(?:get_)?(?:app_?)?settings|config|conf|cfg|env")
_VARIABLE = re.compile(r"[A-Za-z_]\w*")


class Variable(NamedTuple):
    """An environment variable that is read; `default` None where the code gives none."""

    name: str
    default: ast.expr | None


def variable(node: ast.expr, scope: str, names: Names) -> Variable | None:
    """Return the variable an expression reads, None where it reads none.

    `settings.DATABASE_URL` and `settings.database_url` are taken to come from the variable of
    that name in capitals, as pydantic-settings has it, or else to be the whole number that their
    class says; so is any field of an object of such a class, whatever that object is called.
    Casts, `or` and `.replace(…)` are looked through.
    """
    match node:
        case ast.Call(func=ast.Name(id=cast), args=[value]) if cast in _CASTS:
            return variable(value, scope, names)
        case ast.Call(func=ast.Attribute(value=value, attr="replace")):  # of a URL's dialect
            return variable(value, scope, names)
        case ast.BoolOp(op=ast.Or(), values=[value, fallback]):
            found = variable(value, scope, names)
            return found and Variable(found.name, fallback)
        case ast.Subscript(value=value, slice=ast.Constant(value=str(name))):
            read = names.qualified(of_ast(value), scope) == "os.environ"
            return Variable(name, None) if read else None
        case ast.Call():
            return _called(node, scope, names)
        case ast.Attribute(value=value, attr=name):
            shape = of_ast(value)
            last = dotted(shape.callee if isinstance(shape, Called) else shape).rpartition(".")[2]
            if _SETTINGS.fullmatch(last) and (name.isupper() or "settings" in last.lower()):
                return _of_settings(node, shape, scope, names)
            if isinstance(shape, Name) and is_of_settings(instance(shape, scope, names)):
                return _of_settings(node, shape, scope, names)
    return None


def _of_settings(node: ast.Attribute, settings: Shape, scope: str, names: Names) -> Variable | None:
    of = instance(settings, scope, names)
    member = method(of, node.attr) if of else None
    if member is not None and is_property(member):
        return _of_property(node, member)
    found = variable_of(node.attr, of)
    return Variable(found, _declared(node, of)) if found else None


def _of_property(node: ast.Attribute, member: Member) -> Variable | None:
    """Return the variable that a property of settings gives, None where it makes it of several."""
    given = member.names.results(member.name) or ()
    read = variable(given[0], member.name, member.names) if len(given) == 1 else None
    if read is None or not isinstance(read.default, ast.Constant):
        return read and Variable(read.name, None)
    return Variable(read.name, ast.copy_location(ast.Constant(read.default.value), node))


def _declared(node: ast.Attribute, of: Instance | None) -> ast.Constant | None:
    """Return the whole number that the class of the settings gives a field, None for others."""
    bound = of.names.bound(Attribute(Name(of.cls), node.attr), "") if of else ()
    values = [binding.value for binding in bound if binding.how == "="]
    if len(values) != 1 or values[0] is None:
        return None
    value: ast.expr | None = values[0]
    if isinstance(value, ast.Call) and dotted(of_ast(value.func)).rpartition(".")[2] == "Field":
        value = argument(value, 0, "default")
    if not isinstance(value, ast.Constant) or type(value.value) is not int:
        return None
    return ast.copy_location(ast.Constant(value.value), node)


def _called(node: ast.Call, scope: str, names: Names) -> Variable | None:
    first = argument(node, 0, "key")
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return None
    if not _VARIABLE.fullmatch(first.value):
        return None
    shape = of_ast(node.func)
    if names.qualified(shape, scope) in _READERS or _reads(shape, scope, names):
        return Variable(first.value, argument(node, 1, "default"))
    return None


def _reads(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether what is called is an object that reads variables, or a method of one."""
    of = shape.of if isinstance(shape, Attribute) else shape
    for binding in names.bound(of, scope):
        made = of_ast(binding.value) if binding.how == "=" else None
        if isinstance(made, Called):
            name = names.qualified(made.callee, binding.where)
            if name in _OBJECTS:
                return True
    return False
