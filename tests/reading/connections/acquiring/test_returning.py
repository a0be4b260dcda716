"""Whether a function may return what it has let go of on the way."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from poollint.reading.connections.acquiring.returning import returned_after


def _returned(body: str) -> bool:
    module = ast.parse("def take():\n" + indent(body, "    "))
    (function,) = module.body
    assert isinstance(function, ast.FunctionDef)
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    parting = [call for call in calls if ast.unparse(call.func) == "back"]
    assert parting
    return returned_after(function, "c", parting)


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    c = get()\n    return c\nexcept OSError:\n    back(c)\n    raise",
        "try:\n    c = get()\n    return c\nexcept OSError:\n    back(c)\nreturn None",
        "try:\n    c = get()\nexcept OSError:\n    back(c)\n    return None\nreturn c",
        "c = get()\nif bad(c):\n    back(c)\n    raise OSError\nreturn c",
        "c = get()\nif bad(c):\n    back(c)\n    c = get()\nreturn c",
        "c = get()\nwhile bad(c):\n    back(c)\n    c = get()\nreturn c",
        "for _ in x:\n    c = get()\n    if good(c):\n        return c\n    back(c)\nraise OSError",
        "for _ in x:\n    try:\n        c = get()\n        return c\n"
        "    except OSError:\n        back(c)\n        c = None",
        "c = get()\nmatch x:\n    case 1:\n        back(c)\n        return None\nreturn c",
        "with x:\n    c = get()\n    if bad(c):\n        back(c)\n        return d\n    return c",
        "c = get()\nif bad(c):\n    back(c)\n    return d\nreturn c",
    ],
)
def test_what_is_let_go_of_on_another_way_is_not_returned(body: str) -> None:
    assert not _returned(body)


@pytest.mark.parametrize(
    "body",
    [
        "c = get()\nback(c)\nreturn c",
        "c = get()\nif x:\n    back(c)\nreturn c",
        "c = get()\ntry:\n    back(c)\nexcept OSError:\n    pass\nreturn c",
        "c = get()\ntry:\n    use(c)\nexcept OSError:\n    back(c)\nreturn c",
        "c = get()\ntry:\n    return c\nfinally:\n    back(c)",
        "c = get()\ntry:\n    use(c)\n    back(c)\n    use(x)\nexcept OSError:\n    return c",
        "c = get()\ntry:\n    back(c)\n    raise OSError\nexcept OSError:\n    return c",
        "c = get()\nfor _ in x:\n    if good(c):\n        return c\n    back(c)",
        "c = get()\nfor _ in x:\n    back(c)\n    break\nreturn c",
        "c = get()\nwhile True:\n    back(c)\n    if x:\n        break\nreturn c",
        "c = get()\nwith back(c):\n    return c",
        "c = get()\nmatch x:\n    case 1:\n        back(c)\nreturn c",
        "c = get()\ndef later():\n    back(c)\nreturn c",
        "c = get()\nif back(c):\n    return None\nreturn c, x",
        "c = get()\nx = lambda: back(c)\nreturn c",
        "c = get()\nreturn back(c) or c",
    ],
)
def test_what_may_be_returned_after_it_was_let_go_of_is_told(body: str) -> None:
    assert _returned(body)
