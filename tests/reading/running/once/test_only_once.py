"""Why a pool is built only once, though its function runs again and again."""

from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import Pool
from poollint.model.source import SourceFile
from poollint.reading.connections.pools.building import pools
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree, Unit, parse

NEEDED = "made when it is first needed"


def _why(text: str) -> str:
    """Return why the only pool of a text is built once."""
    tree = parse(SourceFile("m.py", "from sqlalchemy import create_engine\n" + dedent(text)))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    found: list[Pool] = []
    for prefix, group in tree.statements():
        unit = tree.unit(prefix, group)
        assert isinstance(unit, Unit)
        found += pools(unit, names)
    (pool,) = found
    return pool.once


@pytest.mark.parametrize(
    "body",
    [
        "if not hasattr(state, KEY):\n        setattr(state, KEY, create_engine(D))",
        "if not box:\n        box.append(create_engine(D))",
        "if not made.is_set():\n        f.engine = create_engine(D)\n        made.set()",
        "global made\n    if made:\n        return\n    f.e = create_engine(D)\n    made = True",
    ],
)
def test_what_is_looked_for_before_it_is_built_is_built_once(body: str) -> None:
    assert _why(f"def f():\n    {body}\n") == NEEDED


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            "e = getattr(kept, 'e', None)\n    if e is None:\n        kept.e = create_engine(D)",
            "lazily built attribute",
        ),
        (
            "e = kept.e\n    if not e:\n        kept.e = create_engine(D)",
            "lazily built attribute",
        ),
        (
            "e = getattr(kept, 'e', None)\n    if e is None:\n        other.e = create_engine(D)",
            "",
        ),
        (
            "try:\n        e = kept[k].of\n    except KeyError:\n        e = create_engine(D)\n"
            "        kept[k] = Entry(e, k)",
            "lazily built attribute",
        ),
        (
            "try:\n        e = kept[k].of\n    except KeyError:\n        e = create_engine(D)\n"
            "        kept.cache(Entry(e, k))",
            "lazily built attribute",
        ),
        (
            "try:\n        e = kept[k].of\n    except KeyError:\n        e = create_engine(D)\n"
            "        other.cache(Entry(e, k))",
            "",
        ),
        (
            "kept = {}\n    try:\n        e = kept[k].of\n    except KeyError:\n"
            "        e = create_engine(D)\n        kept[k] = Entry(e, k)",
            "",
        ),
    ],
)
def test_what_is_looked_up_under_a_name_is_looked_for(body: str, why: str) -> None:
    assert _why(f"def f():\n    {body}\n") == why


@pytest.mark.parametrize(
    "body",
    [
        "box = []\n    if not box:\n        box.append(create_engine(D))",
        "if not box:\n        pass\n    box.append(create_engine(D))",
        "if not box:\n        log()\n    else:\n        box.append(create_engine(D))",
        "state.setdefault(KEY, create_engine(D))",
    ],
)
def test_what_is_built_whatever_is_there_is_built_each_time(body: str) -> None:
    assert _why(f"def f():\n    {body}\n") == ""


def test_a_decorator_that_keeps_what_it_is_given_is_why() -> None:
    text = """
        def keeping(make):
            kept = []
            def given():
                if not kept:
                    kept.append(make())
                return kept[0]
            return given
        @keeping
        def engine():
            return create_engine(D)
        """
    assert _why(text) == "keeping"


@pytest.mark.parametrize("name", ["once", "run_once", "memoize", "memoized", "util.singleton"])
def test_a_decorator_may_tell_by_its_name_that_it_keeps_results(name: str) -> None:
    assert _why(f"@{name}\ndef engine():\n    return create_engine(D)\n") != ""


@pytest.mark.parametrize("name", ["retry", "timed", "atonce", "route('/memo')"])
def test_other_decorators_keep_nothing(name: str) -> None:
    assert _why(f"@{name}\ndef engine():\n    return create_engine(D)\n") == ""


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        ("state.close()", ""),
        ("if state is not None:\n            state.close()", ""),
        ("if failed:\n            state.close()", "lazily built global"),
        ("log()", "lazily built global"),
    ],
)
def test_what_a_function_closes_at_its_end_is_kept_for_nobody(ending: str, why: str) -> None:
    text = f"""
def f():
    global state
    try:
        state = create_engine(D)
        if state:
            use(state)
    finally:
        {ending}
"""
    assert _why(text) == why
