"""Which modules a worker of Celery loads."""

from __future__ import annotations

import pytest

from tests.reading.deployment.serving import DATABASE, Audited

SHOP = {
    "shop/__init__.py": "",
    "shop/mail.py": "sent = []\n",
    "shop/orders.py": "from shop.database import engine\n",
    "shop/database.py": DATABASE,
}
JOBS = 'from celery import Celery\nLISTED = []\napp = Celery("shop", TOLD)\n'


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ('include=["shop.mail"]', False),
        ('include=["shop.mail", "shop.orders"]', True),
        ('broker="x"); app.conf.imports = ("shop.orders",', True),
        ('broker="x"); app.autodiscover_tasks(["shop"]', True),
        ('broker="x"); app.config_from_object("settings"', True),
        ("include=LISTED", True),
        ('broker="x"', False),
    ],
)
def test_a_worker_loads_the_modules_that_its_application_lists(
    told: str, counted: bool, audited: Audited
) -> None:
    files = SHOP | {"shop/jobs.py": JOBS.replace("TOLD", told)}
    budget = audited("celery -A shop.jobs:app worker -c 1", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [5] * counted


@pytest.mark.parametrize(
    ("more", "counted"),
    [
        ("-I shop.mail", False),
        ("-I shop.mail,shop.orders", True),
        ("--include=shop.elsewhere", True),  # in no file here: whatever it loads
    ],
)
def test_a_worker_loads_the_modules_that_its_command_names(
    more: str, counted: bool, audited: Audited
) -> None:
    files = SHOP | {"shop/jobs.py": JOBS.replace("TOLD", 'broker="x"')}
    command = f"celery -A shop.jobs:app worker -c 1 {more}"
    budget = audited(command, files)
    assert len(budget.ledger.demand) == counted
