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
    ("written", "number"),
    [
        ("COPY <<'EOF' /run.sh", 3),
        ("COPY --chmod=755 <<EOF /run.sh", 3),
        ("RUN cat > /run.sh <<'EOF'", 3),
        ("RUN cat <<EOF > /run.sh && chmod +x /run.sh", 3),
        ("COPY <<'EOF' /other.sh", None),
        ("RUN <<EOF sh", None),
    ],
)
def test_a_script_may_stand_in_the_dockerfile_itself(written: str, number: int | None) -> None:
    text = "#!/bin/sh\nexec gunicorn -w 3 shop.api:app\n"
    found = process(f'{written}\n{text}EOF\nCMD ["/run.sh"]', {})
    assert found
    assert (found.processes.low if found.tool else None) == number


@pytest.mark.parametrize(
    "text",
    [
        'case "$1" in\n web) gunicorn shop.api:app;;\n worker) celery -A shop worker;;\nesac\n',
        "if [ $DEBUG ]; then\n flask run\nelse\n gunicorn -w 9 shop.api:app\nfi\n",
        "web() { exec gunicorn shop.api:app; }\nworker() { celery -A shop worker; }\n$1\n",
        "exec ./server # gunicorn\n",
    ],
)
def test_of_several_ways_to_start_none_is_chosen(text: str) -> None:
    found = process('COPY start.sh /\nCMD ["/start.sh"]', {"start.sh": text})
    assert found
    assert found.tool == ""


def test_of_several_numbers_of_one_program_the_least_and_the_most_count() -> None:
    text = "if [ $BIG ]; then\n gunicorn -w 9 shop.api:app\nelse\n gunicorn -w 5 shop.api:app\nfi\n"
    found = process('COPY start.sh /\nCMD ["/start.sh"]', {"start.sh": text})
    assert found
    assert (found.tool, found.processes.low, found.processes.high) == ("gunicorn", 5, 9)


BESIDE = "#!/bin/sh\ncelery -A shop worker -c 2 &\nexec gunicorn -w 5 shop.api:app\n"
NAMED = '#!/bin/sh\nrun="gunicorn -w 5 shop.api:app"\nexec $run\n'
OPEN = BESIDE.replace("exec gunicorn", "exec $SERVER")


def containers(text: str, command: str) -> dict[str, int]:
    files = {
        **APP,
        "start.sh": text,
        "Dockerfile": f"FROM python:3.12\nCOPY . /app\n{command}\n",
        "compose.yaml": COMPOSE.replace("COMMAND", ""),
    }
    (web,) = (w for w in topology(files).workloads if w.name == "web")
    return {c.process.tool: c.process.processes.low for c in web.containers if c.process}


@pytest.mark.parametrize(
    ("text", "command", "found"),
    [
        (BESIDE, 'CMD ["./start.sh"]', {"celery": 2, "gunicorn": 5}),
        (BESIDE, "CMD ./wait.sh && ./start.sh && celery -A shop worker -c 8",
         {"celery": 2, "gunicorn": 5}),
        (BESIDE, "CMD python manage.py migrate && exec ./start.sh", {"celery": 2, "gunicorn": 5}),
        (BESIDE, "CMD gunicorn -w 3 shop.api:app && ./start.sh", {"gunicorn": 3}),
        (NAMED, 'CMD ["./start.sh"]', {"gunicorn": 5}),
        (OPEN, "CMD ./wait.sh && ./start.sh && celery -A shop worker -c 8", {"": 1}),
    ],
)  # fmt: skip
def test_a_script_counts_until_something_stays(
    text: str, command: str, found: dict[str, int]
) -> None:
    assert containers(text, command) == found


CHOICE = """#!/bin/sh
N=${SIZE:-6}
case "${1:-web}" in
  web|api) exec gunicorn -w "$N" shop.api:app ;;
  work*)
    exec celery -A shop worker -c 2
    ;;
  move) alembic upgrade head ;;
  *) exec "$@" ;;
esac
"""
NAMED_CHOICE = CHOICE.replace('case "${1:-web}"', 'CMD="${1:-web}"\ncase "$CMD"')
ROLES = CHOICE.replace("${1:-web}", "$ROLE")
ASKED_BEFORE = CHOICE.replace("case", 'if [ "$DEBUG" = "1" ]; then\n  set -x\nfi\ncase')
CONDITION = """#!/bin/sh
if [ "$1" = "web" ]; then
  exec gunicorn -w 6 shop.api:app
elif [ "$1" = work ]; then
  exec celery -A shop worker -c 2
fi
exec "$@"
"""


@pytest.mark.parametrize(
    ("text", "command", "found"),
    [
        (CHOICE, "", {"gunicorn": 6}),
        (CHOICE, 'CMD ["api"]', {"gunicorn": 6}),
        (CHOICE, 'CMD ["worker", "-x"]', {"celery": 2}),
        (CHOICE, 'CMD ["move"]', {"migration": 1}),
        (CHOICE, 'CMD ["gunicorn", "-w", "3", "shop.api:app"]', {"gunicorn": 3}),
        (CONDITION, 'CMD ["work"]', {"celery": 2}),
        (CONDITION, 'CMD ["web"]', {"gunicorn": 6}),
        (CONDITION, 'CMD ["gunicorn", "-w", "3", "shop.api:app"]', {"gunicorn": 3}),
        (CONDITION.replace("elif", "if $ODD; then :; fi\nelif"), 'CMD ["web"]', {"": 1}),
        (NAMED_CHOICE, "", {"gunicorn": 6}),
        (NAMED_CHOICE, 'CMD ["worker"]', {"celery": 2}),
        (NAMED_CHOICE.replace("\ncase", "\nCMD=$(y)\ncase"), 'CMD ["worker"]', {"": 1}),
        (ROLES, "ENV ROLE=worker", {"celery": 2}),
        (ROLES, "ENV ROLE=web", {"gunicorn": 6}),
        (ROLES, "", {"": 1}),  # whoever starts it says which
        (ROLES.replace("$ROLE", "${ROLE:-worker}"), "", {"celery": 2}),
        (ASKED_BEFORE, 'CMD ["worker"]', {"celery": 2}),
    ],
)
def test_a_script_does_what_its_first_word_chooses(
    text: str, command: str, found: dict[str, int]
) -> None:
    assert containers(text, f'ENTRYPOINT ["/app/start.sh"]\n{command}') == found


def test_a_script_that_another_hands_on_to_gives_its_variables_to_what_it_starts() -> None:
    files = {
        **APP,
        "enter.sh": '#!/bin/sh\nexec "$@"\n',
        "start.sh": "#!/bin/sh\nexport MOST=${LEAST:-7}\nLEFT=1\nexec gunicorn -w 2 shop.api:app\n",
        "Dockerfile": 'FROM python:3.12\nCOPY . /app\nENTRYPOINT ["/app/enter.sh"]\n',
        "compose.yaml": COMPOSE.replace("COMMAND", 'command: ["sh", "/app/start.sh"]'),
    }
    (web,) = (w for w in topology(files).workloads if w.name == "web")
    ((container,),) = (web.containers,)
    names = {v.name: v.value.value for v in container.variables}
    assert container.process is not None
    assert (container.process.processes.low, names.get("MOST"), "LEFT" in names) == (2, "7", False)


def test_nothing_bounds_what_a_script_starts_that_is_not_followed() -> None:
    files = {
        **APP,
        "Dockerfile": "FROM python:3.12\nCMD python manage.py migrate && ./elsewhere.sh\n",
        "compose.yaml": COMPOSE.replace("COMMAND", "").replace("WORKERS", "SIZE"),
    }
    (server,) = topology(files).servers
    (client,) = server.clients
    assert (client.entry.total.low, client.entry.total.high) == (1, None)


def test_a_script_that_starts_puma_counts_as_its_command_does() -> None:
    files = {
        "docker/start.sh": "#!/bin/sh\nset -e\nexec bundle exec puma -w 5 -t 8:8\n",
        "Dockerfile": 'FROM ruby:3.3\nADD ./ /app\nCMD ["/app/docker/start.sh"]\n',
        "compose.yaml": """
            services:
              db: {image: "postgres:16"}
              web:
                build: .
                environment: {DATABASE_URL: "postgresql://a@db/x", DB_POOL_SIZE: 8}
            """,
    }
    (server,) = topology(files).servers
    (client,) = server.clients
    assert client.steady[1].high == 5


@pytest.mark.parametrize(
    ("start", "most"),
    [("exec npx pm2-runtime ./pm2.config.js", None), ("exec node dist/server.js", 1)],
)
def test_a_script_of_another_language_is_one_process_unless_it_speaks_of_several(
    start: str, most: int | None
) -> None:
    files = {
        "start.sh": f"#!/bin/sh\nset -e\n./wait.sh\n{start}\n",
        "Dockerfile": 'FROM node:22\nCOPY . .\nCMD ["./start.sh"]\n',
        "compose.yaml": """
            services:
              db: {image: "postgres:16"}
              web:
                build: .
                environment: {PGHOST: db, DB_POOL_SIZE: 5}
            """,
    }
    (server,) = topology(files).servers
    (client,) = server.clients
    assert client.steady[1].high == most


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
