"""Which functions run again and again because another file of the project calls them.

The way goes upwards: from a function that opens connections or builds a pool to those that call
it each time they run, file by file, until one is found that a framework calls. Only files in
which such a function is named are looked at.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from heapq import heapify, heappop, heappush

from poollint.catalog.frameworks import Frameworks
from poollint.facts.code import FOREVER, SCRIPT, Reached, Recurrence
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.waits.reach.given import Place, spared
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import Member
from poollint.reading.running.entry.asked import Question, place, worse
from poollint.reading.running.entry.by_scripts import only_of_scripts
from poollint.reading.running.entry.calling import Call, Calling
from poollint.reading.running.entry.inheriting import Key
from poollint.reading.running.entry.recurrence import rank
from poollint.reading.running.once.guards import under
from poollint.reading.running.surroundings import is_test

_WORD = re.compile(r"\w+")
_LEVELS = 6  # files on the way from an entry point


def search(asked: Question, exports: Exports, frameworks: Frameworks) -> tuple[Reached, ...]:
    """Return why functions run again and again, or only once, as far as it is found."""
    found = _Search(exports, frameworks, dict(asked.places)).run(set(asked.wanted))
    unknown = asked.lost - found.keys()
    found.update(dict.fromkeys(only_of_scripts(unknown, exports) if unknown else (), SCRIPT))
    return tuple(Reached(*key, why) for key, why in sorted(found.items(), key=lambda one: one[0]))


class _Search:
    """The search for what enters a set of functions, upwards and then down again."""

    def __init__(
        self, exports: Exports, frameworks: Frameworks, places: dict[Key, set[Place]]
    ) -> None:
        self._exports = exports
        self._frameworks = frameworks
        self._places = places
        self._seen: set[Key] = set()
        self._entered: dict[Key, Recurrence | str] = {}
        self._forever: set[Key] = set()
        self._calls: dict[Key, list[Call]] = {}
        self._once: dict[Key, str] = {}  # what functions call that run only once
        self._heirs: dict[Key, set[Key]] = {}  # classes that inherit one, each as a function

    def run(self, wanted: set[Key]) -> dict[Key, Recurrence | str]:
        """Return why functions of `wanted` run again and again, or once; the shortest way."""
        frontier = set(wanted)
        for _ in range(_LEVELS):
            self._seen |= frontier
            words: dict[str, set[str]] = {}
            named: dict[str, set[Key]] = {}
            for key in frontier:
                for known in (key, *self._heirs.get(key, ())):
                    words.setdefault(known.path, set()).update(known.words)
                    for word in known.words:
                        named.setdefault(word, set()).add(key)
            upper: set[Key] = set()
            for path in self._exports.files.naming(words):
                if is_test(path):
                    continue
                there = self._named_in(path, named)
                heirs = (heir for key in there for heir in self._heirs.get(key, ()))
                more = {word for heir in heirs for word in heir.words}
                upper |= self._look(
                    Calling(path, there, more, self._exports, self._frameworks, self._spared)
                )
            frontier = upper - self._entered.keys()
            if not frontier:
                break
        reached = self._down()
        reached.update((key, why) for key, why in self._called_once().items() if key not in reached)
        return {key: why for key, why in reached.items() if key in wanted}

    def _named_in(self, path: str, named: dict[str, set[Key]]) -> set[Key]:
        """Return those of the functions that a file names: few of many, which it keeps."""
        tree = self._exports.files.tree(path)
        words = named.keys() & set(_WORD.findall(tree.source.text)) if tree else ()
        return {key for word in words for key in named[word]}

    def _look(self, calling: Calling) -> set[Key]:
        """Note what a file does with the frontier; return who calls it and is new."""
        for key, why in calling.entered():
            self._entered[key] = worse(self._entered.get(key), why)
        self._forever |= set(calling.forever())
        new = set()
        for call in calling.calls():
            if call.once:
                self._once.setdefault(call.callee, call.once)
                continue
            self._calls.setdefault(call.caller, []).append(call)
            self._places.setdefault(call.caller, set()).add(place(call.step.span))
            if call.caller not in self._seen:
                new.add(call.caller)
        for key, heir in calling.heirs():
            if heir not in self._heirs.setdefault(key, set()):
                self._heirs[key].add(heir)
                new.add(key)  # who makes an object of a class that inherits it is looked for
        return new

    def _spared(self, key: Key, call: ast.expr, around: list[ast.stmt]) -> bool:
        """Tell whether a function takes and builds nothing for this call of it."""
        names = self._exports.names(key.path)
        if names is None or key.function not in names.functions:
            return False
        return spared(Member(names, key.function), call, self._places.get(key, ()), around)

    def _down(self) -> dict[Key, Recurrence | str]:
        reached = dict(self._entered)
        todo = [_ranked(why, key) for key, why in reached.items() if isinstance(why, Recurrence)]
        heapify(todo)
        while todo:
            key = heappop(todo)[-1]
            why = reached[key]
            assert isinstance(why, Recurrence)
            for call in self._calls.get(key, ()):
                now = under(why, call.guard, call.test)
                further = replace(now, chain=(*now.chain, call.step))
                if worse(reached.get(call.callee), further) is further:
                    reached[call.callee] = further
                    heappush(todo, _ranked(further, call.callee))
        told = {key: self._named(key, why) for key, why in reached.items()}
        once = {key for key in self._called_forever() if isinstance(told.get(key, ""), str)}
        return told | dict.fromkeys(once, FOREVER)

    def _called_once(self) -> dict[Key, str]:
        """Return what nobody calls but functions that run only once, and what these call."""
        callers: dict[Key, set[Key]] = {}
        for caller, calls in self._calls.items():
            for call in calls:
                callers.setdefault(call.callee, set()).add(caller)
        found = {key: why for key, why in self._once.items() if key not in callers}
        todo = list(found)
        while todo:
            key = todo.pop()
            for call in self._calls.get(key, ()):
                if call.callee not in found and callers[call.callee] <= found.keys():
                    found[call.callee] = found[key]
                    todo.append(call.callee)
        return found

    def _called_forever(self) -> set[Key]:
        """Return what loops that only end with their program call, and what that calls."""
        found, todo = set(self._forever), list(self._forever)
        while todo:
            callees = {call.callee for call in self._calls.get(todo.pop(), ())} - found
            found |= callees
            todo += callees
        return found

    def _named(self, key: Key, why: Recurrence | str) -> Recurrence | str:
        """End the chain at the function itself."""
        tree = self._exports.files.tree(key.path)
        names = self._exports.names(key.path)
        node = names.functions.get(key.function) if names else None
        if isinstance(why, str) or tree is None or node is None:
            return why
        start = tree.span(node).start
        column = start.column + len(
            "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
        )
        at = Span.at(key.path, start.line, column, len(node.name))
        return replace(why, chain=(*why.chain, Step(at, f"`{node.name}`, as often")))


def _ranked(why: Recurrence, key: Key) -> tuple[tuple[int, bool, float], int, Key]:
    return rank(why), len(why.chain), key
