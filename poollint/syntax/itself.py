"""Methods that call their object by another name than `self`.

The reading knows the object of a method by the name that nearly all give it. `Self` and `this`
mean the same, and so does whatever a class says in `__init__`: that is `self` here, in the tree
and in what libcst reads of it (`PythonTree.unit`).

Not so where a class only holds functions (`Store.connect(host)`), what a library calls without the
object (`resolve_name(root, info)`) and what a decorator hands another: only the name that a method
of Python's own (`__init__`, `__enter__`) has is taken as the object's, or a spelling of `self`.
"""

from __future__ import annotations

import ast
import re

from poollint.syntax.nodes import children, walk

OBJECT = "self"
_OWN_METHOD = re.compile(r"__\((?!self\b)\s*(?!self\b|\))\w")
_SPELLED = re.compile(r"_*(?:self|slf|this)_*", re.I)
_SPELLED_FIRST = re.compile(r"\((?:Self|SELF|_+self|self_+|slf|[Tt]his)\s*[,)]")
_OF_CLASSES = re.compile(r"cls|klass|mcs|meta", re.I)
_NO_OBJECT = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_KEEPING = frozenset({"property", "cached_property", "contextmanager", "asynccontextmanager"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

_Method = ast.FunctionDef | ast.AsyncFunctionDef


def name_objects(module: ast.Module, text: str) -> list[ast.Name | ast.arg]:
    """Name the objects of methods `self` in a file's tree, and return what had another name."""
    if not (_OWN_METHOD.search(text) or _SPELLED_FIRST.search(text)):
        return []
    named: list[ast.Name | ast.arg] = []
    stack: list[ast.AST] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, _FUNCTIONS)]
            objects = {_first(one) for one in methods if _is_own(one.name)}
            for method in methods:
                named += _named(method, objects)
        stack += children(node)
    return named


def _is_own(name: str) -> bool:
    return name[:2] == name[-2:] == "__" and name not in _NO_OBJECT


def _first(method: _Method) -> str:
    """Return the name of the first parameter of a method, "" where it is none of an object."""
    given = (*method.args.posonlyargs, *method.args.args)
    name = given[0].arg if given else ""
    return "" if name == OBJECT or _OF_CLASSES.search(name) else name


def _named(method: _Method, objects: set[str]) -> list[ast.Name | ast.arg]:
    """Name the object of a method, where nothing in it could mean another by either name."""
    name = _first(method)
    if not name or not (name in objects or _SPELLED.fullmatch(name)) or not _keeps(method):
        return []
    found: list[ast.Name | ast.arg] = [(*method.args.posonlyargs, *method.args.args)[0]]
    for node in (inner for statement in method.body for inner in walk(statement)):
        match node:
            case ast.Name(id=text, ctx=ast.Load()) if text == name:
                found.append(node)
            case ast.Name(id=text) | ast.arg(arg=text) if text in (name, OBJECT):
                return []
    for one in found:
        setattr(one, "id" if isinstance(one, ast.Name) else "arg", OBJECT)
    return found


def _keeps(method: _Method) -> bool:
    """Tell whether the decorators of a method hand it its object."""
    for decorator in method.decorator_list:
        name = ast.unparse(decorator).rpartition(".")[2]
        if name not in _KEEPING and name not in ("setter", "deleter"):
            return False
    return True
