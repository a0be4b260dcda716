"""Heroku's `heroku.yml`: what process types run of the images that are built."""

from __future__ import annotations

from poollint.facts.topology import Client
from poollint.reading.deployment.linking import topology as deployed
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies

CODE = """
    import os
    from sqlalchemy import create_engine
    engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=6)
    """


def client(*files: tuple[str, str]) -> Client:
    (found,) = topologies(dict(files))
    ((one,),) = (server.clients for server in found.servers)
    return one


HEROKU = """
setup:
  addons: [{plan: "heroku-postgresql:standard-0", as: DATABASE}]
  config: {POOL: 3}
build:
  docker: {web: Dockerfile}
release:
  image: web
  command: [python manage.py migrate]
run:
  web: gunicorn -w 2 shop.api:app
"""


def test_heroku_yml_says_what_its_process_types_run() -> None:
    found = client(("heroku.yml", HEROKU), ("shop/api.py", CODE))
    assert (found.name, found.entry.total.low, found.entry.total.high) == ("web", 2, 20)


def test_app_json_beside_it_says_how_many_dynos_run() -> None:
    app = '{"formation": {"web": {"quantity": 4}}}'
    found = client(("heroku.yml", HEROKU), ("app.json", app), ("shop/api.py", CODE))
    assert found.entry.total.high == 80


def test_it_takes_the_place_of_a_procfile() -> None:
    found = readings({"heroku.yml": HEROKU, "Procfile": "web: gunicorn -w 9 shop.api:app\n"})
    (only,) = deployed.described(found, (), Options())
    workload, release = (placed.workload for placed in only.placed)
    assert release.kind == "release"
    assert workload.containers[0].process is not None
    assert workload.containers[0].process.processes.low == 2


def test_a_type_without_a_command_runs_that_of_its_image() -> None:
    built = HEROKU[: HEROKU.index("run:")]
    files = {"heroku.yml": built, "Dockerfile": 'FROM python\nCMD ["gunicorn", "-w", "7", "a:b"]\n'}
    (only,) = deployed.described(readings(files), (), Options())
    process = only.placed[0].workload.containers[0].process
    assert process is not None
    assert (process.tool, process.processes.low) == ("gunicorn", 7)
