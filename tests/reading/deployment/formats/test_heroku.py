"""What an `app.json` says beside a Procfile, or without one."""

from __future__ import annotations

from tests.reading.deployment.arranging import topology

APP = """{
  "addons": ["heroku-postgresql:essential-0"],
  "formation": {"web": {"quantity": 2}, "worker": {"quantity": 1}},
  "env": {"DB_POOL_SIZE": "3"}
}
"""


def test_a_procfile_for_development_says_nothing_of_the_platform() -> None:
    files = {"app.json": APP, "Procfile.dev": "web: gunicorn a:b\nwatch: yarn build\n"}
    (budget,) = topology(files).servers
    told = [*(client.name for client in budget.clients), *budget.missing]
    assert not any("watch" in text for text in told)


def test_dynos_whose_commands_stand_in_no_file_are_counted_or_told() -> None:
    (budget,) = topology({"app.json": APP}).servers
    assert [(c.name, c.steady[0].high) for c in budget.clients] == [("web", 2), ("worker", 1)]
