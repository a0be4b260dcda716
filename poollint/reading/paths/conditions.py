"""What tests tell along a path: only what is tested again, and what the held names imply."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

import libcst as cst

from poollint.reading.paths.graph import Edge, Graph, Kind, Point, Way
from poollint.reading.paths.walk import places

Facts = frozenset[tuple[str, bool]]
"""Texts of tests, with the truth that is known of them."""

_MOST_TOGETHER = 9  # of three tests that are given names
_ENDED = re.compile(r"^(?P<of>\w+)\.(?P<how>closed|is_closed|is_connected|open|is_open)(?:\(\))?$")
_BOUND = re.compile(r"""(['"])(?P<name>\w+)\1 in (?:locals|vars|dir)\(\)""")


class Conditions:
    """The tests of one function that matter for telling its paths apart.

    `there` tells of an expression that its value is certainly something: a connection, a
    function. `tests` are their texts, each in one spelling; `names` those that are asked for.
    """

    def __init__(self, graph: Graph, there: Callable[[cst.BaseExpression], bool]) -> None:
        self._there = there
        self._walruses: dict[int, list[str]] = {}
        self._certain: dict[int, bool] = {}
        nodes = {id(p.node): p.node for p in graph.points if p.kind is Kind.TEST}
        self._texts: dict[int, tuple[str, bool]] = {}
        counts: Counter[str] = Counter()
        for key, node in nodes.items():
            assert node is not None
            self._texts[key] = _normal(node)
            counts[self._texts[key][0]] += 1
        self.tests = frozenset(counts)
        self.names = frozenset(text.removesuffix(" is None") for text in counts)
        assigned = {
            name
            for p in graph.points
            if isinstance(p.node, cst.Assign) and (_decided(p.node.value) or there(p.node.value))
            for name in _names(p.node)
        }
        self._kept = {
            text
            for text, times in counts.items()
            if (times > 1 or text in assigned) and _lasting(text)
        }
        self._kept |= {f"{name} is None" for name in assigned if f"{name} is None" in counts}
        self._chosen = {
            id(p.node): told
            for p in graph.points
            if isinstance(p.node, cst.Assign | cst.AnnAssign)
            and (told := _chosen(p.node, counts)) is not None
        }
        chosen = (one for told in self._chosen.values() for one in told.values())
        self._kept |= {text for told in chosen for text, _ in told}
        together: set[str] = set()
        for point in graph.points:  # `own = conn is None`, where `own` is tested
            if isinstance(point.node, cst.Assign) and (own := self._kept & set(_names(point.node))):
                text = _normal(point.node.value)[0]
                self._kept.add(text)
                if isinstance(point.node.value, cst.Comparison | cst.UnaryOperation):
                    together |= {text, text.removesuffix(" is None"), *own}
        self._together = together if len(together) <= _MOST_TOGETHER else set()

    def together(self, known: Facts) -> Facts:
        """Return what of `known` tells something else with it: of `own` and `conn is None`."""
        return frozenset(fact for fact in known if fact[0] in self._together)

    def told(self, point: Point, edge: Edge) -> tuple[str, bool] | None:
        """Return the text of the test that `edge` decides, and its truth; None for no test."""
        if point.kind is not Kind.TEST or edge.way not in (Way.TRUE, Way.FALSE):
            return None
        text, flipped = self._texts[id(point.node)]
        return text, (edge.way is Way.TRUE) != flipped

    def absent(self, point: Point, edge: Edge, held: frozenset[str]) -> bool:
        """Tell whether taking `edge` means that a holding name holds nothing: impossible."""
        told = self.told(point, edge)
        if told is None:
            return False
        text, truth = told
        for name in held:
            if name in (text, _bound(text)):
                return not truth
            if text == f"{name} is None":
                return truth
        one, same, other = text.partition(" is ")
        # What is taken here is nothing that goes by another name: `own is given`.
        return bool(same) and truth and other != "None" and (one in held) != (other in held)

    def refused(self, point: Point, edge: Edge, call: cst.Call) -> bool:
        """Tell whether taking `edge` means that a call, which is all that is asked, said no."""
        told = self.told(point, edge)
        asked = point.node
        while isinstance(asked, cst.UnaryOperation | cst.Await):
            asked = asked.expression
        return told is not None and asked is call and told[1] is False

    def closed(self, point: Point, edge: Edge, held: frozenset[str]) -> bool:
        """Tell whether taking `edge` means that the connection is found closed."""
        told = self.told(point, edge)
        match = _ENDED.match(told[0]) if told is not None else None
        if told is None or match is None or match["of"] not in held:
            return False
        return told[1] == match["how"].endswith("closed")

    def after(
        self, point: Point, edge: Edge, known: Facts, held: frozenset[str]
    ) -> Iterator[Facts]:
        """Yield what is known after `edge`: nothing where it contradicts what was known."""
        if point.kind is Kind.TEST and point.node is not None:
            text, flipped = self._texts[id(point.node)]
            truth = (edge.way is Way.TRUE) != flipped
            if edge.way in (Way.TRUE, Way.FALSE):
                if (text, not truth) in known or (not truth and self._is_function(point.node)):
                    return
                yield known | {(text, truth)} if text in self._kept else known
                return
        elif edge.way is Way.NEXT and isinstance(point.node, cst.Assign | cst.AnnAssign):
            yield from self._assigned(point.node, known)
            return
        elif edge.way is Way.NEXT and point.kind is Kind.EVAL and point.node is not None:
            known = _forget(known, self._changed(point.node)) if known else known
        yield known

    def _changed(self, node: cst.CSTNode) -> list[str]:
        """Return the names to which `:=` gives a value within `node`."""
        if id(node) not in self._walruses:
            targets = [walrus.target for walrus in _walrus(node)]
            self._walruses[id(node)] = [t.value for t in targets if isinstance(t, cst.Name)]
        return self._walruses[id(node)]

    def _is_there(self, node: cst.BaseExpression) -> bool:
        if id(node) not in self._certain:
            self._certain[id(node)] = self._there(node)
        return self._certain[id(node)]

    def _is_function(self, test: cst.CSTNode) -> bool:
        """Tell whether a test asks of a function whether there is one: `if release:`."""
        return isinstance(test, cst.Name) and self._is_there(test)

    def _assigned(self, node: cst.Assign | cst.AnnAssign, known: Facts) -> Iterator[Facts]:
        names = _names(node)
        known = _forget(known, names)
        kept = [n for n in names if n in self._kept]
        if node.value is None or not names:
            yield known
            return
        if id(node) in self._chosen:
            for side in self._chosen[id(node)].values():
                if not any((text, not truth) in known for text, truth in side):
                    yield known | side
            return
        truth = True if self._is_there(node.value) else _constant(node.value)
        if truth is not None:
            none = isinstance(node.value, cst.Name) and node.value.value == "None"
            told = {(n, truth) for n in kept}
            told |= {(f"{n} is None", none) for n in names if f"{n} is None" in self._kept}
            yield known | told
        elif kept and isinstance(node.value, cst.Comparison | cst.UnaryOperation):
            # `own = conn is None`: from here on the two go together
            text, flipped = _normal(node.value)
            for value in (True, False):
                if (text, not value) not in known:
                    told = {(n, value != flipped) for n in kept}
                    yield known | told | ({(text, value)} if text in self._kept else set())
        else:
            yield known


def _chosen(node: cst.Assign | cst.AnnAssign, counts: Counter[str]) -> dict[bool, Facts] | None:
    """Return what `x = order.id if order is not None else None` tells, by the truth of its test.

    None where `x` or `order` is not tested elsewhere. What has attributes is taken to be true
    where it is there.
    """
    match node.value:
        case cst.IfExp(test=test, body=body, orelse=cst.Name("None")):
            there = True
        case cst.IfExp(test=test, body=cst.Name("None"), orelse=body):
            there = False
        case _:
            return None
    text, flipped = _normal(test)
    of = text.removesuffix(" is None")
    names = _names(node)
    told = {f"{name} is None" for name in names} & counts.keys()
    attributes = re.search(rf"(?<![\w.]){re.escape(of)}\.", _code(body)) is not None
    tests = ({of, f"{of} is None"} if attributes else {text}) & counts.keys()
    if not told or not tests or of in names or ((text == of) != flipped) != there:
        return None
    missing = {(t, t != of) for t in tests} | {(t, True) for t in told}
    return {there: frozenset((t, t == of) for t in tests), not there: frozenset(missing)}


def implied(value: cst.CSTNode | None, part: cst.CSTNode) -> Facts:
    """Return what is known where `part` of a value is evaluated: `given or part`.

    A name that is not true is taken to be `None`: that is what is asked for.
    """
    match value:
        case cst.Await(expression=inner):
            return implied(inner, part)
        case cst.BooleanOperation(left=left, operator=cst.Or(), right=right):
            if _within(part, right):
                return _decides(left, False) | implied(right, part)
            return implied(left, part)
        case cst.IfExp(test=test, body=body, orelse=orelse):
            for side, truth in ((body, True), (orelse, False)):
                if _within(part, side):
                    return _decides(test, truth) | implied(side, part)
    return frozenset()


def _decides(test: cst.BaseExpression, truth: bool) -> Facts:
    if isinstance(test, cst.BooleanOperation):
        both = isinstance(test.operator, cst.And) == truth
        return _decides(test.left, truth) | _decides(test.right, truth) if both else frozenset()
    text, flipped = _normal(test)
    found = {(text, truth != flipped)}
    if isinstance(test, cst.Name) and not truth:
        found.add((f"{text} is None", True))
    if text.endswith(" is None") and truth != flipped:
        found.add((text.removesuffix(" is None"), False))
    return frozenset(found)


def _within(part: cst.CSTNode, whole: cst.CSTNode) -> bool:
    return any(place.node is part for place in places(whole))


def _bound(text: str) -> str:
    """Return the name that `"name" in locals()` asks for, "" for another test."""
    match = _BOUND.fullmatch(text)
    return match["name"] if match else ""


def _lasting(text: str) -> bool:
    """Tell whether asking again gives the same answer.

    A call that is told nothing (`self.pooled()`) is taken to; no other call is.
    """
    return bool(text) and ("(" not in text.replace("()", "") or text.startswith("isinstance("))


def _normal(node: cst.CSTNode) -> tuple[str, bool]:
    """Return the text of a test in one spelling, and whether that is its opposite."""
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            text, flipped = _normal(inner)
            return text, not flipped
        case cst.Comparison(left=cst.NamedExpr(target=target)):
            return _normal(node.with_changes(left=target))
        case cst.Comparison(left=left, comparisons=[only]) if is_none(only.comparator):
            if isinstance(only.operator, cst.Is | cst.Equal):
                return f"{_code(left)} is None", False
            if isinstance(only.operator, cst.IsNot | cst.NotEqual):
                return f"{_code(left)} is None", True
        case cst.Comparison(left=left, comparisons=[only]):
            if isinstance(only.operator, cst.IsNot):
                return f"{_code(left)} is {_code(only.comparator)}", True
            if isinstance(only.operator, cst.NotIn):
                return f"{_code(left)} in {_code(only.comparator)}", True
            if isinstance(only.operator, cst.NotEqual):
                return f"{_code(left)} == {_code(only.comparator)}", True
        case cst.NamedExpr(target=target):
            return _code(target), False
    return _code(node), False


def _code(node: cst.CSTNode) -> str:
    if getattr(node, "lpar", ()):
        node = node.with_changes(lpar=(), rpar=())
    return " ".join(cst.Module([]).code_for_node(node).split())


def is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _constant(node: cst.BaseExpression) -> bool | None:
    """Return the truth of a constant, None for anything else."""
    if isinstance(node, cst.Name) and node.value in {"True", "False", "None"}:
        return node.value == "True"
    if isinstance(node, cst.Integer):
        return node.value != "0"
    return None


def _decided(node: cst.BaseExpression | None) -> bool:
    return node is not None and (
        _constant(node) is not None or isinstance(node, cst.Comparison | cst.UnaryOperation)
    )


def _names(node: cst.Assign | cst.AnnAssign) -> list[str]:
    targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else [node.target]
    found = []
    for target in targets:
        parts = [e.value for e in target.elements] if isinstance(target, cst.Tuple) else [target]
        found += [part.value for part in parts if isinstance(part, cst.Name)]
    return found


def _forget(known: Facts, names: list[str]) -> Facts:
    if not known or not names:
        return known
    word = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")
    return frozenset(fact for fact in known if not word.search(fact[0]))


def _walrus(node: cst.CSTNode) -> list[cst.NamedExpr]:
    return [p.node for p in places(node) if isinstance(p.node, cst.NamedExpr)]
