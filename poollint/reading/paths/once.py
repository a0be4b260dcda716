"""Why what a function makes is made only once, though the function runs again and again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

import libcst as cst

from poollint.facts.code import KEYED
from poollint.reading.naming.scopes.bindings import SELF
from poollint.reading.naming.scopes.bodies import gives_up
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import decorator_name, names_class
from poollint.reading.paths.walk import Place, places
from poollint.syntax.python import Unit

# Decorators that keep what a function returned: functools, streamlit, cached-property, Django.
_CACHES = frozenset(
    {"cache", "lru_cache", "cached_property", "cache_resource", "singleton", "memoize", "run_once"}
)
_FACTORY = re.compile(r"(?:create|make|get|build)_(?:app|application)|app(?:lication)?_factory")
# What lives as long as one request: Flask's and Quart's `g`, request and websocket objects. What
# these lead to, and what is kept there, lives on: `request.app`, `ctx.bot`.
_PER_REQUEST = re.compile(
    r"(?:self\.)?(?:g|request|req|websocket|info\.context|ctx)[.\[]"
    r"(?!(?:app|application|bot|bot_data|client)\b)"
)
_ONE = re.compile(
    r"ur[il]|dsn|conn|setting|config|conf|option|param|arg|env|app|echo|debug|pool|class"
)
_SETTER = "set_"
_PUTTING = frozenset("add append cache keep save store".split())
_INSTANCE = re.compile(r"_*instances?(?:_map)?|_*shared_state|_*borg")
_MISSING = re.compile(
    r"\b(?:KeyError|AttributeError|NameError|LookupError|IndexError|Empty|StopIteration"
    r"|\w*(?:DoesNotExist|NotFound\w*|NoResultFound))\b"
)


def once(place: Place, unit: Unit, names: Names) -> str:
    """Return why the call at `place` runs only once ("lru_cache"), "" where nothing says so.

    Understood: caching decorators, a global, attribute or entry of a mapping that is tested
    before it is set, singletons, factories of the application, and what is done only after
    something failed (a reconnect). What is kept for one request only (`flask.g`) is made for each.
    """
    scope = place.scope
    for name in _enclosing(scope):
        function = names.functions.get(name)
        if function is None:
            continue
        for decorator in function.decorator_list:
            last = decorator_name(decorator)
            if last in _CACHES:
                keyed = name == scope and _is_for_a_key(function, decorator, place, unit)
                return KEYED if keyed else last
        if name == scope and _FACTORY.fullmatch(function.name):  # not what it defines
            return "application factory"
    if scope not in names.functions:
        return "class attribute" if scope else ""
    if any(_handles_failure(above, unit) for above in place.ancestors()):
        return "after a failure"
    if _follows_failure(place, unit):
        return "after a failure"
    return _lazily(place, unit, names) or _singleton(scope, names)


def _is_for_a_key(
    function: ast.FunctionDef | ast.AsyncFunctionDef, decorator: ast.expr, place: Place, unit: Unit
) -> bool:
    """Tell whether a cached function makes one for each of what it is given (`tenant`).

    What names the one database, or holds the settings of a program, is given once.
    """
    if ast.unparse(decorator).endswith(("maxsize=1)", "lru_cache(1)")) or not isinstance(
        place.node, cst.Call
    ):
        return False
    plain = len(function.args.args) - len(function.args.defaults)
    names = [argument.arg for argument in function.args.args[:plain] if argument.arg not in SELF]
    made = unit.code(place.node)
    return any(
        re.search(rf"\b{re.escape(name)}\b", made) for name in names if not _ONE.search(name)
    )


def after_failure(caught: str) -> bool:
    """Tell whether a handler of these exceptions ("" of all) runs only when something failed.

    A key, a row or an item that is not there is no failure: to go on is what was meant.
    """
    return not _MISSING.search(caught)


def _follows_failure(place: Place, unit: Unit) -> bool:
    """Tell whether a place runs only after a `try: return …` above it has failed."""
    inner = place.node
    for above in place.ancestors():
        if isinstance(above.node, cst.FunctionDef | cst.Lambda):
            return False
        if isinstance(above.node, cst.IndentedBlock):
            at = next(n for n, s in enumerate(above.node.body) if s is inner)
            tried = (s for s in above.node.body[:at] if isinstance(s, cst.Try))
            if any(_fails_first(statement, unit) for statement in tried):
                return True
        inner = above.node
    return False


def _fails_first(node: cst.Try, unit: Unit) -> bool:
    """Tell whether what follows a `try` runs only where what it tried has failed."""
    going_on = [h for h in node.handlers if not _leaves(h.body)]
    failed = (after_failure(unit.code(h.type) if h.type else "") for h in going_on)
    return bool(going_on) and _leaves(node.body) and all(failed)


def _leaves(block: cst.BaseSuite) -> bool:
    match block.body[-1:]:
        case [cst.SimpleStatementLine(body=[*_, cst.Return() | cst.Raise()])]:
            return True
        case [cst.With(body=inner)]:
            return _leaves(inner)
    return False


def _handles_failure(place: Place, unit: Unit) -> bool:
    node = place.node
    return isinstance(node, cst.ExceptHandler | cst.ExceptStarHandler) and after_failure(
        unit.code(node.type) if node.type else ""
    )


def _enclosing(scope: str) -> Iterator[str]:
    """Yield a scope's name and those of the functions around it."""
    while scope:
        yield scope
        scope = scope.rpartition(".<locals>.")[0]


def _lazily(place: Place, unit: Unit, names: Names) -> str:
    """Tell whether the value is kept outside the function, which looks there before."""
    around = next((p for p in place.ancestors() if isinstance(p.node, cst.FunctionDef)), None)
    if around is None:
        return ""
    targets = _targets(place, around, unit)
    elsewhere = names.scope(place.scope).elsewhere
    made = place.scope.endswith("__init__")  # the object is new: nothing is kept on it yet
    within = [t for t in _with_it(targets, around, unit) if _is_outside(t, place.scope, names)]
    kept = [
        t
        for t in (*targets, *within)
        if _outlives(t, elsewhere)
        and not (made and t[:5] == "self.")
        and not gives_up(names.functions[place.scope], t)
    ]
    if not kept:
        return ""
    asked = targets if any(t in kept for t in targets) else within
    for test in _tests(around, unit):
        if any(_mentions(test, target) for target in asked):
            if any(_is_keyed(target, around.node) for target in kept):
                return KEYED
            return "lazily built global" if kept[0].isidentifier() else "lazily built attribute"
    return ""


def _is_keyed(target: str, function: cst.CSTNode) -> bool:
    """Tell whether it is an entry of a mapping for what the function is given (`kept[tenant]`)."""
    key = target.partition("[")[2].rpartition("]")[0]
    assert isinstance(function, cst.FunctionDef)
    given = {param.name.value for param in function.params.params} - {"self", "cls"}
    return key.partition(".")[0] in given


def _targets(place: Place, around: Place, unit: Unit) -> list[str]:
    """Return what the value is assigned to, through one local name, as written."""
    found: list[str] = []
    for above in place.ancestors():
        if isinstance(above.node, cst.Assign | cst.AnnAssign):
            found += _assigned(above.node, unit)
            break
        if isinstance(above.node, cst.Arg):
            found += _told(above, unit)
        if isinstance(above.node, cst.NamedExpr):
            found.append(unit.code(above.node.target).strip())
        if isinstance(above.node, cst.With):
            found += [
                unit.code(i.asname.name).strip() for i in above.node.items if i.asname is not None
            ]
            break
        if isinstance(above.node, cst.BaseSmallStatement | cst.BaseSuite):
            break
    local = {target for target in found if target.isidentifier()}
    for name, node in _renamings(around.node):
        if name in local:
            found += _assigned(node, unit)
    return found


def _with_it(targets: list[str], around: Place, unit: Unit) -> Iterator[str]:
    """Yield where a function keeps an object that it makes of what has one of these names.

    `kept[key] = Entry(conn, key)`, and `kept.add(Entry(conn, key))`, which is an entry of `kept`.
    """
    for place in places(around.node):
        match place.node:
            case cst.Assign(value=value) if _made_of(value, targets):
                yield from _assigned(place.node, unit)
            case cst.Call(func=cst.Attribute(value=of, attr=cst.Name(value=how)), args=args) if (
                how in _PUTTING and any(_made_of(argument.value, targets) for argument in args)
            ):
                yield f"{unit.code(of).strip()}[...]"


def _is_outside(target: str, scope: str, names: Names) -> bool:
    """Tell whether what is kept is kept in something that is not the function's own."""
    first = target.replace("[", ".").partition(".")[0]
    holder = names.scope(scope).holder(first)
    return first in SELF or holder is None or holder.name != scope


def _made_of(value: cst.BaseExpression, names: list[str]) -> bool:
    match value:
        case cst.Call(func=cst.Name(value=made), args=args) if names_class(made):
            given = (argument.value for argument in args)
            return any(isinstance(one, cst.Name) and one.value in names for one in given)
    return False


def _told(argument: Place, unit: Unit) -> Iterator[str]:
    """Yield what a call sets to its argument: `setattr(state, "pool", …)`, `state.set_pool(…)`.

    `kept.setdefault(key, …)` sets an entry of `kept`.
    """
    call = argument.above.node if argument.above is not None else None
    match call:
        case cst.Call(
            func=cst.Name(value="setattr"),
            args=[of, cst.Arg(value=cst.SimpleString() as name), last],
        ) if last is argument.node:
            yield f"{unit.code(of.value).strip()}.{name.raw_value}"
        case cst.Call(
            func=cst.Attribute(value=of, attr=cst.Name(value="setdefault")), args=[key, last]
        ) if last is argument.node:
            yield f"{unit.code(of).strip()}[{unit.code(key.value).strip()}]"
        case cst.Call(func=cst.Attribute(value=of, attr=cst.Name(value=name)), args=[_]):
            word = argument.node.keyword if isinstance(argument.node, cst.Arg) else None
            if name.startswith(_SETTER) and word is None:
                yield f"{unit.code(of).strip()}.{name.removeprefix(_SETTER)}"
            elif name == "update" and word is not None:
                yield f"{unit.code(of).strip()}[{word.value!r}]"


@lru_cache(maxsize=1)  # asked for each call of a function in turn
def _renamings(function: cst.CSTNode) -> tuple[tuple[str, cst.Assign], ...]:
    """Return the assignments of plain names in a function, by the name whose value is given.

    A cursor leads to its connection: `_cursor = conn.cursor()` keeps that, too.
    """
    return tuple(
        (name, place.node)
        for place in places(function)
        if isinstance(place.node, cst.Assign) and (name := _named(place.node.value))
    )


def _named(value: cst.BaseExpression) -> str:
    match value:
        case cst.Name(value=name):
            return name
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name("cursor"))):
            return name
    return ""


def _assigned(node: cst.Assign | cst.AnnAssign, unit: Unit) -> list[str]:
    targets = [node.target] if isinstance(node, cst.AnnAssign) else [t.target for t in node.targets]
    return [unit.code(target).strip() for target in targets]


def _outlives(target: str, elsewhere: set[str]) -> bool:
    """Tell whether what is assigned to `target` is there when the function runs again."""
    if target.isidentifier():
        return target in elsewhere
    return not _PER_REQUEST.match(target)


def _tests(around: Place, unit: Unit) -> Iterator[str]:
    """Yield what a function asks before it goes on, as written."""
    looked_up = dict(_looked_up(around.node))
    for inner in places(around.node):
        match inner.node:
            case cst.If(test=test) | cst.IfExp(test=test) | cst.While(test=test):
                yield unit.code(test)
                asked = (p.node.value for p in places(test) if isinstance(p.node, cst.Name))
                yield from (unit.code(looked_up[name]) for name in asked if name in looked_up)
            case cst.BooleanOperation(left=left):
                yield unit.code(left)
            case cst.Try(body=body, handlers=handlers):
                if any(h.type and _MISSING.search(unit.code(h.type)) for h in handlers):
                    yield unit.code(body)


def _looked_up(function: cst.CSTNode) -> Iterator[tuple[str, cst.BaseExpression]]:
    """Yield the names to which a function gives what it looks up: `getattr(kept, "conn", None)`."""
    for place in places(function):
        match place.node:
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))],
                value=cst.Call(func=cst.Name(value="getattr")) | cst.Attribute() as value,
            ):
                yield name, value


def _mentions(test: str, target: str) -> bool:
    """Tell whether a test asks for `target`: by name, `hasattr`, or `in` its mapping."""
    if re.search(rf"(?<![\w.]){re.escape(target)}(?!\w)", test):
        return True
    if target.endswith("]"):
        target = target.partition("[")[0]
        return bool(re.search(rf"(?<![\w.]){re.escape(target)}(?!\w)", test))
    of, _, name = target.rpartition(".")
    quoted = re.search(rf"""["']{re.escape(name)}["']""", test)
    return bool(of and quoted and re.search(rf"(?<![\w.]){re.escape(of)}(?!\w)", test))


def _singleton(scope: str, names: Names) -> str:
    owner = names.scope(scope).owner
    if owner is None or scope.rpartition(".")[2] not in {"__init__", "__new__"}:
        return ""
    node = names.classes.get(owner.name)
    if node is None:
        return ""
    described = [*node.bases, *(k.value for k in node.keywords), *node.decorator_list]
    named = any("singleton" in decorator_name(n).lower() for n in described)
    return "singleton" if named or any(_INSTANCE.fullmatch(n) for n in owner.bound) else ""
