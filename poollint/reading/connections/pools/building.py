"""The pools and engines a unit builds, and what they are told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from poollint.catalog.load import Api, Param
from poollint.facts.code import Argument, Pool
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.connections.pools.arms import always, either, options, or_nothing, set_by
from poollint.reading.connections.pools.bags import items, returned
from poollint.reading.connections.pools.extending import built
from poollint.reading.connections.pools.extending import params as settings
from poollint.reading.connections.pools.guarded import built_instead
from poollint.reading.connections.pools.in_turns import in_turns
from poollint.reading.connections.pools.unclosed import left_open
from poollint.reading.naming.objects.fallbacks import falls_back_on
from poollint.reading.naming.objects.origin import Origins
from poollint.reading.naming.objects.other_databases import is_of_another, url_of
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import dotted, of_ast, of_cst
from poollint.reading.naming.values import dsn
from poollint.reading.naming.values.numbers import number
from poollint.reading.naming.values.strings import Strings
from poollint.reading.paths.walk import Place, of_unit
from poollint.reading.running.once.only_once import only_once
from poollint.syntax.newer import expression
from poollint.syntax.python import PythonTree, Unit

# Arguments that hold further settings by name, as `**settings` does.
_BAGS = frozenset({"engine_options", "engine_kwargs"})
_SIZES = frozenset({"min_size", "max_size", "overflow"})
_QUEUES = frozenset({"QueuePool", "AsyncAdaptedQueuePool", "FallbackAsyncAdaptedQueuePool"})
_OF_ONE = frozenset({"StaticPool", "AssertionPool"})  # docs.sqlalchemy.org, core/pooling: one
_NO_POOL = ("NullPool", "NullConnectionPool")  # ends of the names of classes that keep nothing
_NO_QUEUE = (*_NO_POOL, "StaticPool", "SingletonThreadPool", "AssertionPool")  # nobody waits


@dataclass(frozen=True, slots=True)
class _Given:
    """One argument: its name ("" by position), its value, and where it stands.

    `open` tells that it is `*args`, `**settings` or the like: what it holds is unknown. `scope` is
    where its value stands, None where that is the scope of the call.
    """

    name: str
    position: int
    value: ast.expr
    span: Span
    value_span: Span
    open: bool = False
    scope: str | None = None


def pools(unit: Unit, names: Names) -> tuple[Pool, ...]:
    """Return the pools and engines that a unit builds, in the order of the text.

    `Pool.function` is "" at import, and a class's name in its body. A figure's name is the
    role of its argument; durations are in seconds, as drivers take them.
    """
    return tuple(
        pool
        for place in of_unit(unit)
        if isinstance(place.node, cst.Call)
        for pool in _pool(unit, place, place.node, names)
    )


def of_others(unit: Unit, names: Names) -> Iterator[str]:
    """Yield where a unit builds engines of other databases: the functions, "" at import."""
    for place in of_unit(unit):
        if isinstance(place.node, cst.Call):
            api = names.api(of_cst(place.node.func), place.scope)
            parsed = _parsed(unit, place.node) if api and api.kind == "engine" else None
            if parsed is None:
                continue  # where it stands is not asked: to know that of one is to know it of all
            line = unit.span(place.node).start.line
            if is_of_another(parsed, place.scope, names, line):
                yield place.scope


def _pool(unit: Unit, place: Place, call: cst.Call, names: Names) -> Iterator[Pool]:
    shape, scope = of_cst(call.func), place.scope
    made = built(shape, scope, names)
    if made is None:
        return
    api, name = made.api, made.name
    parsed, span = _parsed(unit, call), unit.span(call)
    if parsed is None or is_of_another(parsed, scope, names, span.start.line):
        return
    if api.driver == "dbutils" and _other_driver(parsed, scope, names):
        return
    reader = _Reader(unit, names, scope, api, dotted(shape).rpartition(".")[2])
    params = settings(made, frozenset(k.arg or "" for k in parsed.keywords), names)
    given = reader.given(parsed, call)
    own = tuple(param for param in params if made.may_set(param))
    arguments = reader.arguments(given, tuple(p for p in params if p not in own))
    arguments += tuple(Argument(param.role, param.name, span) for param in own)
    origin = Origins(unit, names).of_call(parsed, scope, span)
    pooled = not (name.endswith(_NO_POOL) or any(reader.may_be(a, _NO_POOL) for a in given))
    queued = not (name.endswith(_NO_QUEUE) or any(reader.may_be(a, _NO_QUEUE) for a in given))
    opened = next((a for a in given if a.name == "open"), None)
    yield Pool(
        span=span,
        driver=api.driver,
        call=reader.call,
        arguments=arguments,
        defaults=(*reader.of_one(given, span), *reader.defaults(params, given, arguments)),
        eager=api.eager and not (opened is not None and _is(opened.value, False)),
        pooled=pooled,
        sometimes=not pooled and not name.endswith(_NO_POOL) and reader.may_queue(given),
        once=only_once(place, unit, names),
        function=scope,
        url=origin.url,
        variable=origin.variable,
        left_open=pooled and not made.classes and left_open(place, names),
        strict=api.strict and not made.classes,
        asks=_asks(parsed, scope, names),
        queued=queued,
        fallback=(
            falls_back_on(parsed, scope, names)
            or built_instead(place, unit, names, origin.variable)
        )
        if api.kind == "engine"
        else "",
        several=in_turns(place),
        instead=origin.instead,
    )


def _parsed(unit: Unit, call: cst.Call) -> ast.Call | None:
    node = expression(unit.code(call))
    return node if isinstance(node, ast.Call) else None


def _asks(call: ast.Call, scope: str, names: Names) -> tuple[str, ...]:
    """Return the options of the URL that a pool is given as a text."""
    given = url_of(call)
    text = Strings(names).of(given, scope, lambda: 0) if given is not None else ""
    return dsn.options(text) if "?" in text else ()


def _other_driver(call: ast.Call, scope: str, names: Names) -> bool:
    """Tell whether a pool of DBUtils is given a driver that is none of PostgreSQL's."""
    first = call.args[0] if call.args else None
    given = next((k.value for k in call.keywords if k.arg == "creator"), first)
    driver = names.qualified(of_ast(given), scope).partition(".")[0] if given else ""
    known = {root for d in names.catalog.drivers.values() for root in d.imports}
    return bool(driver) and driver not in known


class _Reader:
    """Reads the arguments of one call."""

    def __init__(self, unit: Unit, names: Names, scope: str, api: Api, call: str) -> None:
        self.call = call
        self._unit = unit
        self._names = names
        self._scope = scope
        self._title = names.catalog.drivers[api.driver].title
        self._tree = PythonTree(unit.source, ast.Module([], []))

    def qualified(self, node: ast.expr) -> str:
        """Return the qualified name an expression is, "" for anything else."""
        return self._names.qualified(of_ast(node), self._scope)

    def may_be(self, given: _Given, ends: tuple[str, ...]) -> bool:
        """Tell whether an argument may be a class of pool whose name ends so."""
        return any(self.qualified(option).endswith(ends) for option in self._may_be(given))

    def may_queue(self, given: tuple[_Given, ...]) -> bool:
        """Tell whether a call may build a pool in which one waits: SQLAlchemy's by default."""
        names = self._classes(given)
        return not names or "" in names or not _QUEUES.isdisjoint(names)

    def of_one(self, given: tuple[_Given, ...], span: Span) -> Iterator[Figure]:
        """Yield the size of a pool whose class has one connection for all who ask."""
        names = self._classes(given)
        if names and names <= _OF_ONE:
            yield Figure(1, 1, "max_size", Basis.DERIVED, span, " or ".join(sorted(names)))

    def _classes(self, given: tuple[_Given, ...]) -> frozenset[str]:
        """Return the names of the classes that a pool may be of, "" for the one by default."""
        every = [option for g in given if g.name == "poolclass" for option in self._may_be(g)]
        return frozenset(
            "" if _is(one, None) else self.qualified(one).rpartition(".")[2] or "?" for one in every
        )

    def _may_be(self, given: _Given) -> Iterator[ast.expr]:
        scope = self._scope if given.scope is None else given.scope
        told = self._names.bound(of_ast(given.value), scope)
        for value in (given.value, *(b.value for b in told if b.how == "=")):
            yield from options(value)

    def given(self, parsed: ast.Call, call: cst.Call) -> tuple[_Given, ...]:
        """Return the arguments; those of `**{…}` and of a constant dictionary one by one."""
        plain = [a for a in call.args if a.keyword is None and a.star != "**"]
        named = [a for a in call.args if a.keyword is not None or a.star == "**"]
        found: list[_Given] = []
        for at, (value, arg) in enumerate(zip(parsed.args, plain, strict=True)):
            starred = isinstance(value, ast.Starred)
            found.append(_Given("", at, value, *self._spans(arg), open=starred))
        for keyword, arg in zip(parsed.keywords, named, strict=True):
            if keyword.arg is None or keyword.arg in _BAGS:
                found += self._unpacked(keyword.value, arg)
            else:
                found.append(_Given(keyword.arg, -1, keyword.value, *self._spans(arg)))
        return tuple(_told_once(found))

    def _spans(self, arg: cst.Arg) -> tuple[Span, Span]:
        return self._unit.span(arg), self._unit.span(arg.value)

    def _unpacked(self, node: ast.expr, arg: cst.Arg) -> Iterator[_Given]:
        spans, (node, scope) = self._spans(arg), self._bag(node)
        literal, placed = node, scope != self._scope
        found = [b for b in self._names.bound(of_ast(node), scope) if b.how != ":"]
        if len(found) == 1 and found[0].how == "=" and found[0].value is not None:
            literal, placed = found[0].value, True
        held = items(literal)
        for key, value in [(None, node)] if held is None else held:
            here = (self._tree.span(value),) * 2 if placed and value is not node else spans
            yield _Given(key or "", -1, value, *here, open=key is None, scope=scope)
        for key, value in self._set_later(node, scope):
            yield _Given(key, -1, value, *spans, open=not key, scope=scope)

    def _bag(self, node: ast.expr) -> tuple[ast.expr, str]:
        """Return settings as they are written, and where: a function of the file may return them.

        One that is told something may return others for it.
        """
        if isinstance(node, ast.Call) and not (node.args or node.keywords):
            name = dotted(of_ast(node.func))
            value = returned(self._names.functions.get(name))
            if value is not None:
                return value, name
        return node, self._scope

    def _set_later(self, bag: ast.expr, scope: str) -> Iterator[tuple[str, ast.expr]]:
        """Yield what a function sets in the settings it hands on, "" for what is not known.

        `settings["key"] = value`, `settings.update(key=value)`: on some way at least.
        """
        body = self._names.functions.get(scope) if scope else self._names.module
        if body is None or not isinstance(bag, ast.Name):
            return
        certain = always(body)
        for node in own_nodes(body):
            for key, value in set_by(node, bag.id):
                # Of a size the greatest counts: whether it may be missing does not matter.
                branch = key == "poolclass" and id(node) not in certain
                yield key, or_nothing(value) if branch else value

    def arguments(
        self, given: tuple[_Given, ...], params: tuple[Param, ...]
    ) -> tuple[Argument, ...]:
        """Return what the call is told, by role; what `**settings` may hold has no figure."""
        found: list[Argument] = []
        bags = {(p.name, p.position) for p in params if p.role in _BAGS}
        opened = [g for g in given if g.open or _is_bag(g, bags)]
        stars = (g.position for g in opened if isinstance(g.value, ast.Starred))
        first_star = min(stars, default=len(given))
        for param in params:
            match = next((g for g in given if g.name == param.name), None) or next(
                (g for g in given if 0 <= g.position == param.position < first_star), None
            )
            if match is not None and not _stands_for_default(param, match.value):
                found.append(self._argument(param, match))
            elif match is None and self._may_be_given(param, opened, first_star):
                found.append(Argument(param.role, param.name, opened[0].span))
        return tuple(found)

    def _may_be_given(self, param: Param, opened: list[_Given], first_star: int) -> bool:
        starred = [g for g in opened if isinstance(g.value, ast.Starred)]
        by_name = len(starred) < len(opened)
        return bool(opened) and (by_name or param.position >= first_star)

    def _argument(self, param: Param, given: _Given) -> Argument:
        found = number(
            given.value,
            self._scope if given.scope is None else given.scope,
            self._names,
            lambda _: given.value_span,
            self._tree.span,
        )
        shown = found.low if found.low == found.high else f"{found.low} to {found.high}"
        hint = f"{self.call}({param.name}={shown})"
        figure = found.figure(param.role, hint)
        return Argument(
            param.role,
            param.name,
            given.span,
            figure,
            found.variable,
            boundless=_is_boundless(param, given.value, figure),
            truth=_truth(given.value),
            formula=found.formula,
        )

    def defaults(
        self, params: tuple[Param, ...], given: tuple[_Given, ...], told: tuple[Argument, ...]
    ) -> Iterator[Figure]:
        """Yield the documented defaults of what the call is not told, where they are numbers."""
        roles = {argument.role for argument in told}
        queue = self.may_queue(given)
        source = f"{self._title} default"
        known: dict[str, Figure] = {a.name: a.figure for a in told if a.figure is not None}
        for param in params:
            if param.role in roles or (param.role in _SIZES and not queue):
                continue
            if param.endless:
                figure = Figure(0, None, param.role, Basis.DEFAULTED, source)
            elif param.default is not None:
                figure = Figure.defaulted(param.default, param.role, source)
            elif param.text in known:  # "min_size": as many as another argument says
                figure = replace(known[param.text], name=param.role)
            else:
                continue
            known[param.name] = figure
            yield figure


def _told_once(given: list[_Given]) -> Iterator[_Given]:
    """Yield the arguments, those of one name as one: settings may be told it in each branch."""
    for at, one in enumerate(given):
        alike = [g for g in given if g.name == one.name] if one.name else [one]
        if len(alike) == 1 or one.open:
            yield one
        elif alike[0] is given[at]:
            yield replace(one, value=either([g.value for g in alike]))


def _is_bag(given: _Given, bags: set[tuple[str, int]]) -> bool:
    """Tell whether an argument holds further settings that were not looked into."""
    return any(given.name == name or 0 <= given.position == at for name, at in bags)


def _stands_for_default(param: Param, value: ast.expr) -> bool:
    """Tell whether None is given for a size, which drivers take for "not given"."""
    return param.role in _SIZES and _is(value, None) and None not in param.boundless


def _is_boundless(param: Param, value: ast.expr, figure: Figure | None) -> bool:
    if figure is None or not figure.exact:
        return None in param.boundless and _is(value, None)
    return figure.low in param.boundless


def _truth(node: ast.expr) -> bool | None:
    return bool(node.value) if isinstance(node, ast.Constant) else None


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
