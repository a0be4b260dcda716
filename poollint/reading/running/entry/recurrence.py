"""Which functions of one module run again and again, and which run once.

A framework calls some (`running.entry.entrypoints`); what these call runs as often, and so does
what the called ones call, until a function that runs once stands in between: a cached one, or a
value that is made when it is first needed.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from math import inf
from typing import NamedTuple

from poollint.catalog import frameworks as built_in
from poollint.catalog.frameworks import Entry, Framework, Frameworks
from poollint.catalog.load import drivers
from poollint.facts.code import Rate, Recurrence
from poollint.facts.connections import Concurrency
from poollint.model.finding import Step
from poollint.model.source import Position, Span
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.outline import Elsewhere, Outline, dotted, nowhere
from poollint.reading.running.entry.beginning import begins, deploys
from poollint.reading.running.entry.entries import Found, matches
from poollint.reading.running.entry.entrypoints import entrypoints, starred
from poollint.reading.running.entry.intervals import interval
from poollint.reading.running.once.each_time import run_each_time
from poollint.reading.running.once.guards import guards, under
from poollint.reading.running.once.keeping import keeps_result

# A task waits in a queue and a tick for its time; who sends a request waits for the answer.
_ALONE = frozenset({("threaded", False), ("num_threads", 1)})
_WORST = (Rate.REQUEST, Rate.FIELD, Rate.EVENT, Rate.RERUN, Rate.CLICK, Rate.ITEM, Rate.TASK,
          Rate.CALL, Rate.TICK)  # fmt: skip

_AGAIN = re.compile(
    r"_*((do|cmd|command|handle|on)_)?(reload|restart)(_(app|bot|config|configuration|server|settings))?"
)

Spanner = Callable[[ast.expr | ast.stmt], Span]
Sparing = Callable[[str, ast.expr], bool]


class Call(NamedTuple):
    """A call of a function: one of the module's own, or one that is known from elsewhere."""

    function: str
    node: ast.expr
    verb: str = "calls"


def recurrences(
    tree: ast.Module,
    path: str,
    imports: Mapping[str, str],
    frameworks: Frameworks | None = None,
    span: Spanner | None = None,
    elsewhere: Elsewhere | None = None,
    spared: Sparing | None = None,
    handed: Iterable[Found] = (),
    made: Mapping[str, str] | None = None,
) -> dict[str, Recurrence | str]:
    """Return, by qualified name, why a function runs again and again, or why it runs once.

    A function of which nothing is known is not in it. "" is the module itself, where a
    framework runs it again and again. `imports` adds to the imports of `tree` (local name ->
    qualified name).
    `span` gives the place of a node; by default columns count bytes, as `ast` does. Functions
    of other files are among them where `elsewhere` knows them; their chain ends at the call.
    A call counts for nothing where what it calls is `spared` what matters, for its arguments.
    `handed` is what other ways than the module's own hand to frameworks; `made` the objects of
    frameworks that it imports from files of its project.
    """
    known = frameworks or built_in.frameworks()
    imports = {**starred(tree, known), **imports}
    outline = Outline(tree, imports, elsewhere or nowhere, made)
    place = _Place(path, span)
    found = [*entrypoints(outline, path, known), *handed]
    once = dict(_cached(outline))
    once.update({f.function: f.row.when for f in found if not isinstance(f.row, Entry)})
    once.update({f.function: "a beginning" for f in found if begins(f, outline)})
    once.update({f.function: "a deployment" for f in found if deploys(f, outline, path)})
    first: dict[str, Recurrence] = {}
    for name, entry in _entered(outline, found, known, place):
        if name not in once:
            first[name] = min(first.get(name, entry), entry, key=rank)
    return {**once, **_spread(outline, first, once, place, spared or _never)}


class _Place:
    """Where nodes of the module stand."""

    def __init__(self, path: str, span: Spanner | None) -> None:
        self._path = path
        self.of = span or self._by_bytes

    def _by_bytes(self, node: ast.expr | ast.stmt) -> Span:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return Span(
            self._path,
            Position(node.lineno, node.col_offset + 1),
            Position(end_line, end_column + 1),
        )

    def decorator(self, node: ast.expr) -> Span:
        """Return the span of a decorator, its `@` included."""
        span = self.of(node)
        start = Position(span.start.line, max(span.start.column - 1, 1))
        return Span(span.path, start, span.end)

    def name(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
        """Return the span of a function's name where it is defined."""
        start = self.of(function).start
        word = "async def " if isinstance(function, ast.AsyncFunctionDef) else "def "
        width = len(function.name)
        return Span.at(self._path, start.line, start.column + len(word), width)


def _entered(
    outline: Outline, found: list[Found], known: Frameworks, place: _Place
) -> Iterator[tuple[str, Recurrence]]:
    titles = {id_: framework.title for id_, framework in known.frameworks.items()}
    alone = cache(lambda: _one_thread(outline))  # all calls are gone through for that
    for function, row, node, is_decorator in found:
        if not isinstance(row, Entry) or (row.shape == "context" and mends(function)):
            continue
        label = (
            f"called for each {row.rate}" if function else f"this script runs for each {row.rate}"
        )
        at = outline.functions.get(function)
        if row.shape == "context" and isinstance(node, ast.expr):
            steps = [Step(place.of(node), f"`{ast.unparse(node)}` lives for one {row.rate}")]
        elif is_decorator and isinstance(node, ast.expr):
            steps = [Step(place.decorator(node), label)]
        elif node is at and at is not None:
            steps = [Step(place.name(at), label)]
        else:
            steps = [Step(place.of(node), label)]
            if at is not None:
                steps.append(Step(place.name(at), f"`{at.name}`, called there"))
        how = _concurrency(known.frameworks[row.framework], outline, at, alone)
        rate = Rate(row.rate)
        between = interval(node) if rate is Rate.TICK else None
        yield function, Recurrence(rate, titles[row.framework], tuple(steps), how, between)


def _concurrency(
    framework: Framework, outline: Outline, function: FunctionDef | None, alone: Callable[[], bool]
) -> Concurrency | None:
    """Return how calls of a function that a framework enters run at the same time.

    `alone` tells whether the server, or the bot, has one thread.
    """
    if "mangum" in outline.imports.values() or "mangum.Mangum" in outline.imports.values():
        return None  # a Lambda function: one event at a time
    is_async = isinstance(function, ast.AsyncFunctionDef)
    word = framework.coroutines if is_async else framework.plain
    if not is_async and word and alone():
        return None
    return Concurrency(word) if word else None


def _one_thread(outline: Outline) -> bool:
    """Tell whether a module runs its server without threads: `app.run(threaded=False)`.

    Or makes a bot with one: `TeleBot(token, num_threads=1)`.
    """
    return any(
        (keyword.arg, keyword.value.value) in _ALONE
        for _, call in outline.calls
        for keyword in call.keywords
        if isinstance(keyword.value, ast.Constant)
    )


def _cached(outline: Outline) -> Iterator[tuple[str, str]]:
    """Yield the functions whose result is kept, with the decorator that keeps it."""
    known = {name for name, api in drivers().functions.items() if api.kind == "singleton"}
    for name, function in outline.functions.items():
        for decorator in function.decorator_list:
            plain = decorator.func if isinstance(decorator, ast.Call) else decorator
            text = outline.qualified(plain)
            if text in known or keeps_result(outline, decorator, name):
                yield name, text.rpartition(".")[2]


def _spread(
    outline: Outline,
    first: dict[str, Recurrence],
    once: dict[str, str],
    place: _Place,
    spared: Sparing,
) -> dict[str, Recurrence]:
    """Add what the functions of `first` call; the worst reason is kept, by its shortest way."""
    reached: dict[str, Recurrence] = {}
    waiting = dict(first)
    while waiting:
        worst = min(rank(why) for why in waiting.values())
        new = {name: why for name, why in waiting.items() if rank(why) == worst}
        reached.update(new)
        slower = _follow(outline, reached, deque(sorted(new)), once, place, spared)
        for name, why in slower:
            waiting[name] = min(waiting.get(name, why), why, key=rank)
        waiting = {name: why for name, why in waiting.items() if name not in reached}
    return reached


def rank(why: Recurrence) -> tuple[int, bool, float]:
    """Return what orders the reasons why a function runs again and again, the worst first."""
    seconds = why.seconds if why.seconds is not None else inf
    return _WORST.index(why.rate), why.concurrency is None, seconds


def _follow(
    outline: Outline,
    reached: dict[str, Recurrence],
    todo: deque[str],
    once: dict[str, str],
    place: _Place,
    spared: Sparing,
) -> list[tuple[str, Recurrence]]:
    """Add to `reached` what the functions of `todo`, which are in it, call.

    Return what they call less often than they run themselves: something worse may be true of it.
    """
    entries = set(todo)
    slower = []
    while todo:
        name = todo.popleft()
        if name and name not in outline.functions:
            continue  # one of another file
        why = reached[name]
        tested = guards(outline, name)
        for call in calls(outline, name):
            if call.function in reached or call.function in once or mends(call.function):
                continue
            if spared(call.function, call.node):
                continue
            chain = why.chain if len(why.chain) == 1 or name in entries else why.chain[:-1]
            guard = tested.get(id(call.node))
            now = under(replace(why, chain=chain), guard, place.of(guard.test) if guard else None)
            steps = (*now.chain, *_call_steps(outline, call, place))
            how = _handed_to_threads(outline, call) or why.concurrency
            found = replace(now, chain=steps, concurrency=how)
            if rank(found) > rank(why) and found.rate is not why.rate:
                slower.append((call.function, found))
                continue
            reached[call.function] = found
            todo.append(call.function)
    return slower


def _handed_to_threads(outline: Outline, call: Call) -> Concurrency | None:
    """Tell whether a plain function is handed on to run beside the coroutine it is called by."""
    if call.verb != "hands on":
        return None
    plain = isinstance(outline.functions.get(call.function), ast.FunctionDef)
    return Concurrency.THREADS if plain else None


def mends(function: str) -> bool:
    """Tell whether a function is there for when something failed, by its name.

    Or for an operator to have the program begin anew: `do_reload`, `restart_bot`.
    """
    name = function.rpartition(".")[2].lower()
    return "reconnect" in name or bool(_AGAIN.fullmatch(name))


def _never(function: str, call: ast.expr) -> bool:
    return False


def _call_steps(outline: Outline, call: Call, place: _Place) -> Iterator[Step]:
    callee = outline.functions.get(call.function)
    name = callee.name if callee else called_name(call.node)
    yield Step(place.of(call.node), f"{call.verb} `{name}`")
    if callee:
        yield Step(place.name(callee), f"`{name}`, as often")


def called_name(node: ast.expr) -> str:
    """Return the last name of what a call calls, or of what it hands on."""
    value = node.func if isinstance(node, ast.Call) else node
    return dotted(value).rpartition(".")[2]


def calls(outline: Outline, name: str) -> Iterator[Call]:
    """Yield the calls that one function makes each time it runs."""
    function = outline.functions.get(name, outline.module)
    for node in run_each_time(outline, name):
        if isinstance(node, ast.Call):
            named = outline.called(node.func, name) or outline.elsewhere(node.func, name)
            yield from (Call(f, node) for f in named)
            yield from _handing(outline, name, node)
        elif isinstance(node, ast.With | ast.AsyncWith):
            yield from _entering(outline, name, node)
        elif isinstance(node, ast.Attribute):
            read = (f for f in outline.called(node, name) if _is_property(outline, f))
            yield from (Call(f, node, "reads") for f in read)
    for decorator in getattr(function, "decorator_list", ()):
        yield from (Call(f, decorator, "wrapped in") for f in _wrappers(outline, name, decorator))


def _handing(outline: Outline, name: str, call: ast.Call) -> Iterator[Call]:
    """Yield the functions that `call` is given to run (`executor.submit(work)`)."""
    rows = [row for row in built_in.frameworks().entries if row.shape == "handing"]
    text = outline.qualified(call.func)
    attr = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if not any(attr in r.attrs or any(matches(text, n) for n in r.names) for r in rows):
        return
    for value in (*call.args, *(k.value for k in call.keywords if k.arg in ("target", "func"))):
        if isinstance(value, ast.Name | ast.Attribute):
            yield from (Call(f, call, "hands on") for f in outline.stands_for(value, name))


def _entering(outline: Outline, name: str, block: ast.With | ast.AsyncWith) -> Iterator[Call]:
    """Yield what entering and leaving an object of this module's classes runs."""
    for item in block.items:
        methods = outline.methods(outline.class_of(item.context_expr, name))
        for method in ("__enter__", "__exit__", "__aenter__", "__aexit__"):
            if method in methods:
                yield Call(methods[method], item.context_expr, "enters")


def _wrappers(outline: Outline, name: str, decorator: ast.expr) -> tuple[str, ...]:
    """Return the nested functions that a decorator of this module puts around `name`."""
    parent = outline.scope(name).parent
    where = parent.name if parent else ""
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    found = outline.called(plain, where)
    for _ in range(2 if isinstance(decorator, ast.Call) else 1):
        found = tuple(inner for f in found for inner in outline.returned(f))
    return found


def _is_property(outline: Outline, function: str) -> bool:
    decorators = outline.functions[function].decorator_list
    return any(dotted(decorator) == "property" for decorator in decorators)
