"""What runs only where a function could not get its pool."""

import ast

import pytest

from poollint.reading.running.once.instead import instead_of_a_pool

GET = "try:\n    pool = await get()\nexcept Exception:\n    pool = None\n"


def instead(body: str) -> list[str]:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    function = ast.parse(f"async def f(x):\n{lines}\n").body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    return [ast.unparse(statement) for statement in instead_of_a_pool(function)]


@pytest.mark.parametrize(
    "body",
    [
        f"{GET}if pool is not None:\n    return await pool.acquire()\nown()",
        f"{GET}if pool:\n    return pool.getconn()\nown()",
        f"{GET}if pool is None:\n    own()\nelse:\n    x = pool.getconn()",
        f"{GET}if not pool:\n    own()\n    return\nx = pool.getconn()",
        "pool = None\ntry:\n    pool = get()\nexcept OSError:\n    log()\n"
        "if pool is not None:\n    return pool.connection()\nown()",
        f"with x:\n    {GET.replace(chr(10), chr(10) + '    ')}"
        "if pool is not None:\n        return pool.acquire()\n    own()",
    ],
)
def test_what_follows_where_there_is_no_pool_runs_instead(body: str) -> None:
    assert "own()" in instead(body)
    assert not any("pool." in text for text in instead(body))


@pytest.mark.parametrize(
    "body",
    [
        "pool = get()\nif pool is not None:\n    return pool.acquire()\nown()",
        f"{GET}if x:\n    return pool.acquire()\nown()",
        f"{GET}if pool is not None:\n    pool.acquire()\nown()",
        f"{GET}if pool is not None:\n    return pool.name\nown()",
        f"{GET}pool = x\nif pool is not None:\n    return pool.acquire()\nown()",
        f"{GET.replace('Exception', 'KeyError')}if pool:\n    return pool.acquire()\nown()",
        f"{GET.replace('await get()', 'x[1]')}if pool:\n    return pool.acquire()\nown()",
        f"{GET.replace('pool = None', 'raise')}if pool:\n    return pool.acquire()\nown()",
        f"{GET.replace('pool = None', 'pool = x')}if pool:\n    return pool.acquire()\nown()",
        f"{GET}if pool is x:\n    return pool.acquire()\nown()",
    ],
)
def test_elsewhere_nothing_says_so(body: str) -> None:
    assert instead(body) == []
