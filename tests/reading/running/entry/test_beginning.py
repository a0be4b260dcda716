"""Tasks that are sent once, when everything is started."""

import pytest

from tests.reading.running.recurring import again

TASK = """
from celery import Celery
app = Celery()
def connect(): ...
@app.task({bound})
def {head}:
    connect()
"""


@pytest.mark.parametrize(
    ("head", "bound"),
    [
        ("initialize_services()", ""),
        ("init()", ""),
        ("bootstrap_replication(self)", "bind=True"),
        ("warm_up()", ""),
    ],
)
def test_a_task_that_begins_something_for_nobody_special_runs_once(head: str, bound: str) -> None:
    assert not again(TASK.format(head=head, bound=bound))


@pytest.mark.parametrize(
    "head",
    ["initialize_order(order_id)", "init_all(*orders)", "initials()", "start_scan()", "send()"],
)
def test_one_that_is_given_what_it_begins_runs_for_each(head: str) -> None:
    assert set(again(TASK.format(head=head, bound=""))) == {head.partition("(")[0], "connect"}


def test_a_handler_of_that_name_runs_for_each_request() -> None:
    text = """
        from flask import Flask
        app = Flask("x")
        @app.post("/init")
        def initialize(): ...
        """
    assert set(again(text)) == {"initialize"}


LAMBDA = """
import psycopg2
{more}
def handler(event, context):
    {body}
"""


@pytest.mark.parametrize(
    ("path", "more", "body"),
    [
        ("lambdas/migrate/handler.py", "", "connect()"),
        ("lambdas/db_migrations/app.py", "", "connect()"),
        ("lambdas/schema.py", "from alembic import command", "command.upgrade()"),
        ("lambdas/roles.py", "import cfnresponse", "connect()"),
        ("lambdas/roles.py", "", "return event['RequestType']"),
    ],
)
def test_a_lambda_function_that_is_part_of_a_deployment_runs_once(
    path: str, more: str, body: str
) -> None:
    assert not again(LAMBDA.format(more=more, body=body), path)


@pytest.mark.parametrize("path", ["lambdas/orders.py", "lambdas/immigration.py"])
def test_any_other_runs_for_each_event(path: str) -> None:
    assert set(again(LAMBDA.format(more="", body="connect()"), path)) == {"handler"}
