"""What a function waits for is the same whoever asks first, and from however deep."""

import ast

import libcst as cst
from hypothesis import given, settings
from hypothesis import strategies as st

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.naming.scopes.names import Names
from poollint.reading.paths.walk import Place, places
from poollint.syntax.python import PythonTree

_FUNCTIONS = 7
# What each function does, in order: the numbers of those that it calls, -1 for a request.
GRAPHS = st.lists(
    st.lists(st.integers(-1, _FUNCTIONS - 1), max_size=3),
    min_size=_FUNCTIONS,
    max_size=_FUNCTIONS,
)


def written(graph: list[list[int]]) -> str:
    lines = ["import requests"]
    for number, calls in enumerate(graph):
        made = [f"    f{one}()" if one >= 0 else "    requests.get(U)" for one in calls]
        lines += [f"def f{number}():", *(made or ["    pass"])]
    return "\n".join([*lines, ""])


def asked(text: str) -> tuple[Waits, list[Place]]:
    tree = PythonTree(SourceFile("shop.py", text), ast.parse(text))
    calls = [p for p in places(cst.parse_module(text)) if isinstance(p.node, cst.Call)]
    return Waits(tree, Names(tree.module, drivers())), calls


def answers(text: str, order: list[int]) -> dict[int, Waiting | None]:
    known, calls = asked(text)
    return {at: known.of(calls[at]) for at in order if at < len(calls)}


@settings(deadline=None, max_examples=60)
@given(GRAPHS, st.permutations(range(3 * _FUNCTIONS)))
def test_the_order_of_asking_changes_no_answer(graph: list[list[int]], order: list[int]) -> None:
    text = written(graph)
    assert answers(text, order) == answers(text, sorted(order))


@settings(deadline=None, max_examples=60)
@given(GRAPHS)
def test_who_asks_alone_gets_the_answer_of_who_asks_last(graph: list[list[int]]) -> None:
    text = written(graph)
    together = answers(text, list(range(3 * _FUNCTIONS)))
    assert all(answers(text, [at])[at] == together[at] for at in together)


def test_the_shortest_way_to_a_wait_is_told() -> None:
    graph = [[1], [2, -1], [-1], [0], [], [], []]
    known, calls = asked(written(graph))
    (one,) = [known.of(call) for call in calls if call.scope == "f0"]
    assert one is not None
    assert [step.span.start.line for step in one.steps] == [6]


def test_a_function_that_was_cut_off_once_is_looked_into_when_it_is_nearer() -> None:
    graph = [*([n] for n in range(1, 12)), [-1]]
    known, calls = asked(written(graph))
    by_scope = {call.scope: known.of(call) for call in calls}
    assert by_scope["f0"] is None
    assert by_scope["f5"] is not None
    assert by_scope["f6"] is not None
