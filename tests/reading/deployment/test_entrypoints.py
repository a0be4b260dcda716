"""Scripts that images start with: the program that they start in the end counts."""

import pytest

from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis
from poollint.model.source import Span
from tests.reading.deployment.arranging import topology

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        COMMAND
        environment: {DATABASE_URL: "postgresql://shop@db/orders", WORKERS: "6"}
    """
APP = {
    "shop/api.py": """
        import os
        from sqlalchemy import create_engine
        engine = create_engine(os.environ["DATABASE_URL"])
        """
}
START = """
    #!/bin/sh
    set -e
    workers=${WORKERS:-2}
    alembic upgrade head
    exec gunicorn -w $workers shop.api:app
    """


def process(docker: str, scripts: dict[str, str], command: str = "") -> Process | None:
    files = {
        **APP,
        **scripts,
        "Dockerfile": f"FROM python:3.12\n{docker}\n",
        "compose.yaml": COMPOSE.replace("COMMAND", command),
    }
    (web,) = (w for w in topology(files).workloads if w.name == "web")
    return web.containers[0].process


@pytest.mark.parametrize(
    "docker",
    [
        'COPY bin/start.sh /start.sh\nCMD ["/start.sh"]',
        'COPY bin/start.sh /run.sh\nCMD ["/run.sh"]',
        'COPY . /app\nCMD ["sh", "bin/start.sh"]',
        'COPY bin/*.sh /usr/local/bin/\nENTRYPOINT ["tini", "--", "start.sh"]',
        "COPY bin/ /app/\nCMD ./start.sh",
        'COPY --chown=app bin/start.sh .\nENTRYPOINT ["./start.sh"]',
    ],
)
def test_the_server_that_a_script_starts_counts(docker: str) -> None:
    found = process(docker, {"bin/start.sh": START})
    assert found
    assert (found.tool, found.processes.low) == ("gunicorn", 6)
    assert found.application == "shop.api:app"


def test_the_number_that_a_script_states_has_its_place_in_the_script() -> None:
    text = START.replace("$workers", "8")
    found = process('COPY start.sh /\nCMD ["/start.sh"]', {"start.sh": text})
    assert found
    assert (found.processes.low, found.processes.basis) == (8, Basis.STATED)
    origin = found.processes.origin
    assert isinstance(origin, Span)
    assert (origin.path, origin.start.line) == ("start.sh", 5)


def test_a_script_that_hands_on_starts_what_follows_it() -> None:
    script = {"entrypoint.sh": '#!/bin/sh\nset -e\nalembic upgrade head\nexec "$@"\n'}
    command = 'ENTRYPOINT ["/entrypoint.sh"]\nCMD ["gunicorn", "-w3", "shop.api:app"]'
    found = process(f"COPY entrypoint.sh /\n{command}", script)
    assert found
    assert (found.tool, found.processes.low) == ("gunicorn", 3)


@pytest.mark.parametrize(
    "text",
    [
        'case "$1" in\n web) gunicorn shop.api:app;;\n worker) celery -A shop worker;;\nesac\n',
        "if [ $DEBUG ]; then\n gunicorn -w 1 shop.api:app\nelse\n gunicorn -w 9 shop.api:app\nfi\n",
        "exec ./server # gunicorn\n",
    ],
)
def test_of_several_ways_to_start_none_is_chosen(text: str) -> None:
    found = process('COPY start.sh /\nCMD ["/start.sh"]', {"start.sh": text})
    assert found
    assert found.tool == ""


def test_a_script_of_another_folder_is_not_that_of_the_image() -> None:
    found = process('COPY bin/start.sh /\nCMD ["/start.sh"]', {"other/start.sh": START})
    assert found
    assert found.tool == ""


def test_of_two_scripts_of_one_name_none_is_taken() -> None:
    scripts = {"a/start.sh": START, "b/start.sh": START}
    found = process('COPY . /app\nCMD ["start.sh"]', scripts)
    assert found
    assert found.tool == ""


def test_a_command_of_the_manifest_that_is_a_script_counts_too() -> None:
    found = process("COPY . /app", {"bin/start.sh": START}, 'command: ["bin/start.sh"]')
    assert found
    assert found.tool == "gunicorn"
