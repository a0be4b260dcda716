"""Which functions a call of a graph runs in any case."""

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.waits.reach.graphs import nodes_run
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

HEAD = """\
from langgraph.graph import END, START, StateGraph
def first(state): ...
def second(state): ...
def third(state): ...
graph = StateGraph(dict)
graph.add_node("first", first)
graph.add_node(second)
graph.add_node("third", third)
"""
LINE = 'graph.add_edge(START, "first")\ngraph.add_edge("first", "second")\n'
DONE = "done = graph.compile()\n"


def run(rest: str, text: str = "done.invoke({})", how: str = "") -> list[str]:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    names = Names(ast.parse(HEAD + rest), drivers())
    return [one.name for one in nodes_run(of_ast(call.func), {how}, "", names)]


@pytest.mark.parametrize(
    ("edges", "names"),
    [
        (LINE, ["first", "second"]),
        ('graph.set_entry_point("third")\ngraph.add_edge("third", END)\n', ["third"]),
        (LINE + 'graph.add_conditional_edges("second", choose)\n', ["first", "second"]),
        (LINE + 'graph.add_conditional_edges("first", choose)\n', ["first"]),
        (LINE + 'graph.add_edge("first", "third")\n', ["first"]),  # both, in no order
        (LINE + 'graph.add_edge("second", "first")\n', ["first", "second"]),
        ("graph.add_conditional_edges(START, choose)\n", []),
        ("", []),
    ],
)
def test_nodes_run_that_plain_edges_lead_to(edges: str, names: list[str]) -> None:
    assert run(edges + DONE) == names


def test_a_graph_is_run_where_it_is_asked_to_be() -> None:
    assert run(LINE + DONE, "done.ainvoke({})") == []  # a coroutine that nobody awaits
    assert run(LINE + DONE, "done.ainvoke({})", "await") == ["first", "second"]
    assert run(LINE + DONE, "done.get_graph()") == []


@pytest.mark.parametrize(
    "made",
    [
        'done = graph.compile(interrupt_before=["first"])',
        "done = graph.compile(**options)",
        "done = other.compile()",
        "done = graph.compile()\ndone = traced(done)",
        "import re\ngraph = re\ndone = graph.compile()",
    ],
)
def test_what_is_not_sure_runs_nothing(made: str) -> None:
    assert run(LINE + made) == []


def test_a_function_may_give_the_graph() -> None:
    assert run(f"{LINE}def built():\n    return graph.compile()\ndone = built()\n") == [
        "first",
        "second",
    ]
    assert run(f"{LINE}def built():\n    return graph.compile()\n", "built().invoke({})") == [
        "first",
        "second",
    ]
