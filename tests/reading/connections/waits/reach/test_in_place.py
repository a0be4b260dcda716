"""A task that is called plainly runs here and now; one that is queued does not."""

import pytest

from tests.reading.connections.waits.calls.test_waiting import waits
from tests.reading.connections.waits.reach.test_wrapping import called_under

MADE = "from celery import Celery\ndef make():\n    own = Celery('shop')\n    return own\n"


@pytest.mark.parametrize(
    ("decorator", "before"),
    [
        ("app.task", "from celery import Celery\napp = Celery('shop')"),
        ("app.task(bind=True)", f"{MADE}app = make()"),
        ("shared_task(queue='mail')", "from celery import shared_task"),
        ("dramatiq.actor", "import dramatiq"),
        ("job('mail')", "from rq.decorators import job"),
        ("app.periodic(cron=C)", "import procrastinate\napp = procrastinate.App(connector=K)"),
    ],
)
def test_a_task_that_is_called_plainly_runs_in_place(decorator: str, before: str) -> None:
    assert called_under(decorator, before) == 1


@pytest.mark.parametrize(
    ("decorator", "before"),
    [
        ("app.task", "from shop import app"),
        ("app.task()", "from huey import RedisHuey\napp = RedisHuey()"),
        ("app.task", "from celery import Celery\napp = make(Celery)"),
        ("app.on_failure", "from celery import Celery\napp = Celery('shop')"),
    ],
)
def test_what_may_queue_it_lets_nobody_wait(decorator: str, before: str) -> None:
    assert called_under(decorator, before) == 0


@pytest.mark.parametrize("call", ["fetch.delay()", "fetch.apply_async()", "fetch.s()"])
def test_a_task_that_is_left_to_a_worker_lets_nobody_wait(call: str) -> None:
    text = "import requests\nfrom celery import shared_task\n@shared_task\n"
    text += f"def fetch():\n    return requests.get(U)\ndef f():\n    {call}\n"
    assert waits(text) == []
