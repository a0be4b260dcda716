"""A decorated function still runs where its decorator is known to call it."""

import pytest

from tests.reading.connections.test_waiting import waits

LOGGED = """
def logged(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kw):
        return {how}
    return wrapper
"""
TIMES = """
def times(n):
    def decorator(fn):
        def wrapper(*args, **kw):
            for _ in range(n):
                return fn(*args, **kw)
        return wrapper
    return decorator
"""


def called_under(decorator: str, before: str = "") -> int:
    text = f"import requests, functools, tenacity, backoff\n{before}\n"
    text += f"@{decorator}\ndef fetch():\n    return requests.get(U)\ndef f():\n    fetch()\n"
    return len(waits(text))


@pytest.mark.parametrize(
    ("decorator", "before"),
    [
        ("tenacity.retry(stop=S)", ""),
        ("backoff.on_predicate(backoff.expo)", ""),
        ("logged", LOGGED.format(how="fn(*args, **kw)")),
        ("times(3)", TIMES),
        ("register", "def register(fn):\n    KNOWN.append(fn)\n    return fn\n"),
    ],
)
def test_what_runs_it_lets_the_caller_wait(decorator: str, before: str) -> None:
    assert called_under(decorator, before) == 1


@pytest.mark.parametrize(
    ("decorator", "before"),
    [
        ("unknown", ""),
        ("functools.cache", ""),
        ("logged", LOGGED.format(how="pool.submit(fn(*args))")),
        ("logged", LOGGED.format(how="threading.Thread(target=fn).start()")),
        ("cached", LOGGED.replace("logged", "cached").format(how="fn(*args, **kw)")),
    ],
)
def test_of_what_queues_it_or_remembers_or_is_unknown_nothing_is_said(
    decorator: str, before: str
) -> None:
    assert called_under(decorator, before) == 0
