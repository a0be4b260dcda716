"""Tests under which a call does not run each time its function does.

A Streamlit page runs again for whatever a visitor does, and `if st.button("Save"):` only for a
click of that button. `if time.monotonic() - last > 300:` lets something run at most so often.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import NamedTuple

from poollint.facts.code import Rate, Recurrence
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.naming.scopes.outline import Outline, dotted, own_nodes
from poollint.syntax.nodes import walk

# What is true in the one run after a visitor has done something with it (streamlit 1.67.0).
_CLICKS = frozenset({"button", "form_submit_button", "download_button", "chat_input"})
_CLOCKS = frozenset(
    """time.time time.monotonic time.perf_counter datetime.datetime.now datetime.datetime.utcnow
    datetime.now datetime.utcnow django.utils.timezone.now""".split()
)
_SELDOM_ENOUGH = frozenset({Rate.TASK, Rate.CALL, Rate.TICK})


class Guard(NamedTuple):
    """A test, and how often what stands under it runs.

    `seconds` lie between two runs; None where that is not told in numbers.
    """

    test: ast.expr
    rate: Rate
    seconds: float | None = None


def guards(outline: Outline, name: str) -> dict[int, Guard]:
    """Return, by `id`, the nodes of a function ("" the module) that stand under such a test."""
    found: dict[int, Guard] = {}
    for node in own_nodes(outline.functions.get(name, outline.module)):
        guard = _guard(outline, name, node.test) if isinstance(node, ast.If) else None
        if guard is not None and isinstance(node, ast.If):
            found |= {id(inner): guard for part in node.body for inner in walk(part)}
    return found


def under(why: Recurrence, guard: Guard | None, span: Span | None) -> Recurrence:
    """Return how often something runs that stands under a test, the test as the next step."""
    if guard is None or span is None or why.rate in _SELDOM_ENOUGH:
        return why
    if guard.rate is Rate.CLICK:
        if why.rate is not Rate.RERUN:
            return why
        step = Step(span, "true once for each click")
        return replace(why, rate=Rate.CLICK, chain=(*why.chain, step))
    step = Step(span, "lets it run only from time to time")
    return replace(why, rate=guard.rate, chain=(*why.chain, step), seconds=guard.seconds)


def _guard(outline: Outline, scope: str, test: ast.expr) -> Guard | None:
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    for part in parts:
        if _clicked(outline, scope, part):
            return Guard(test, Rate.CLICK)
        match part:
            case ast.Compare(
                left=ast.BinOp(left=now, op=ast.Sub()), ops=[ast.Gt() | ast.GtE()],
                comparators=[limit],
            ) if _is_now(outline, scope, now):  # fmt: skip
                seconds = limit.value if isinstance(limit, ast.Constant) else None
                told = float(seconds) if isinstance(seconds, int | float) else None
                return Guard(test, Rate.TICK, told)
    return None


def _clicked(outline: Outline, scope: str, test: ast.expr) -> bool:
    """Tell whether a value is what a button of Streamlit answers."""
    value = test.value if isinstance(test, ast.NamedExpr) else test
    if isinstance(value, ast.Name):
        value = _only_value(outline, scope, value.id) or value
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
        return False
    imported = {name.partition(".")[0] for name in outline.imports.values()}
    return value.func.attr in _CLICKS and "streamlit" in imported


def _is_now(outline: Outline, scope: str, node: ast.expr) -> bool:
    """Tell whether an expression is what a clock says."""
    value = _only_value(outline, scope, node.id) if isinstance(node, ast.Name) else node
    return isinstance(value, ast.Call) and outline.qualified(value.func) in _CLOCKS


def _only_value(outline: Outline, scope: str, name: str) -> ast.expr | None:
    """Return what a name is given, where all that it is given is of one kind of call."""
    holder = outline.scope(scope).holder(name)
    bound = holder.bound[name] if holder is not None else []
    values = [binding.value for binding in bound if binding.how == "="]
    kinds = {dotted(v.func) if isinstance(v, ast.Call) else "" for v in values}
    return values[0] if len(values) == len(bound) and len(kinds) == 1 else None
