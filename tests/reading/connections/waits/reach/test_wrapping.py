"""A decorated function still runs where its decorator is known to call it."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.waits.reach.wrapping import ends_around
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from tests.reading.connections.waits.calls.test_waiting import waits

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


POLICY = "def policy(**kw):\n    return {how}\n"
RETRIED = "def retried(fn):\n    return {how}\n"


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
        ("beeline.traced(name='n')", "import beeline"),
        ("circuit_breaker(name='bank')", "from shop.safety import circuit_breaker"),
        ("circuit", "from circuitbreaker import circuit"),
        ("policy()", POLICY.format(how="tenacity.retry(stop=S)")),
        ("policy(n=3)", POLICY.format(how="backoff.on_exception(backoff.expo, E)")),
        ("again()", POLICY.format(how="tenacity.retry(**kw)") + "def again(): return policy()\n"),
        ("RETRY", "RETRY = tenacity.retry(stop=S)"),
        ("RETRY", "RETRY: Any = backoff.on_exception(backoff.expo, E)"),
        ("RETRY", POLICY.format(how="tenacity.retry(**kw)") + "RETRY = policy(stop=S)"),
        ("retry_3()", "retry_3 = functools.partial(tenacity.retry, stop=S)"),
        ("retried", RETRIED.format(how="tenacity.retry(stop=S)(fn)")),
        ("retried", "RETRY = tenacity.retry()\n" + RETRIED.format(how="RETRY(fn)")),
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
        ("huey.task()", "from huey import SqliteHuey\nhuey = SqliteHuey()"),  # a call enqueues
        ("app.task", "from shop import app"),
        ("policy()", POLICY.format(how="queue.task(**kw)")),
        ("policy()", POLICY.format(how="tenacity.retry() if kw else queue.task()")),
        ("policy()", "def policy():\n    if S: return queue.task\n    return tenacity.retry()\n"),
        ("cached()", POLICY.replace("policy", "cached").format(how="tenacity.retry()")),
        ("RETRY", "RETRY = queue.task(bind=True)"),
        ("RETRY", "RETRY = tenacity.retry()\nif S:\n    RETRY = queue.task"),
        ("RETRY()", "RETRY = functools.partial(queue.task, bind=True)"),
        ("retried", RETRIED.format(how="tenacity.retry()(queue.task(fn))")),
        ("retried", RETRIED.format(how="queue.task(tenacity.retry()(fn))")),
        ("first", "first = second\nsecond = first\n"),
        ("logged", LOGGED.format(how="pool.submit(fn(*args))")),
        ("logged", LOGGED.format(how="threading.Thread(target=fn).start()")),
        ("cached", LOGGED.replace("logged", "cached").format(how="fn(*args, **kw)")),
    ],
)
def test_of_what_queues_it_or_remembers_or_is_unknown_nothing_is_said(
    decorator: str, before: str
) -> None:
    assert called_under(decorator, before) == 0


@pytest.mark.parametrize(
    ("decorator", "before", "ends"),
    [
        ("logged", LOGGED.format(how="fn(*args, **kw)"), False),
        ("logged", LOGGED.format(how="send(fn(*args, **kw))"), False),
        ("logged", LOGGED.format(how="args[0].commit()"), True),
        ("logged()", LOGGED.format(how="close_all(fn(*args, **kw))"), True),
        ("Unit", "class Unit:\n    def __call__(self, s):\n        s.rollback()", True),
        ("other.transactional", "", True),
        ("with_session(1)", "", True),
        ("tenacity.retry", "", False),
    ],
)
def test_a_decorator_may_end_what_the_function_begins(
    decorator: str, before: str, ends: bool
) -> None:
    names = Names(ast.parse(f"{before}\n@{decorator}\ndef f(s):\n    pass\n"), drivers())
    assert ends_around(Member(names, "f")) is ends
