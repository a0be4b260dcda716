"""Programs that start uvicorn themselves: what they serve, and in how many processes."""

from __future__ import annotations

import pytest

from tests.reading.deployment.serving import DATABASE, Audited

MAIN = """
    import os
    import uvicorn

    def main():
        uvicorn.run(GIVEN)

    if __name__ == "__main__":
        main()
    """
APP = "from shop.database import engine\napp = engine"


@pytest.mark.parametrize(
    ("given", "most"),
    [
        ('"shop.api:app", workers=4', 20),
        ('"shop.api:app"', 5),
        ('"shop.api:app", host="0.0.0.0", workers=int(os.environ.get("WORKERS", "3"))', 15),
        ('"shop.api:app", workers=4, reload=True', 5),  # one, and what watches the files
        ('"shop.api:app", workers=2 if os.environ.get("SMALL") else 6', 30),
    ],
)
def test_each_process_that_it_makes_has_a_pool(audited: Audited, given: str, most: int) -> None:
    files = {
        "main.py": MAIN.replace("GIVEN", given),
        "shop/api.py": APP,
        "shop/database.py": DATABASE,
        "shop/reports.py": DATABASE.replace("4", "40"),
    }
    budget = audited("python main.py", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [most]


def test_an_application_that_it_holds_itself_is_one_process(audited: Audited) -> None:
    main = "import uvicorn\nfrom shop.api import app\n\nuvicorn.run(app, port=80)\n"
    files = {"main.py": main, "shop/api.py": APP, "shop/database.py": DATABASE}
    budget = audited("python main.py", files)
    (entry,) = budget.ledger.demand
    assert (entry.total.low, entry.total.high) == (5, 5)


def test_settings_that_are_put_in_leave_it_open(audited: Audited) -> None:
    files = {
        "main.py": MAIN.replace("GIVEN", '"shop.api:app", **options').replace(
            "import os", "from shop import api, options"
        ),
        "shop/__init__.py": "options = {}\n",
        "shop/api.py": APP,
        "shop/database.py": DATABASE,
    }
    budget = audited("python main.py", files)
    (entry,) = budget.ledger.demand
    assert (entry.total.low, entry.total.high) == (1, 5)


def test_a_package_is_run_by_its_main_file(audited: Audited) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/__main__.py": MAIN.replace("GIVEN", '"shop.api:app", workers=4'),
        "shop/api.py": APP,
        "shop/database.py": DATABASE,
    }
    budget = audited("python -m shop", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [20]
