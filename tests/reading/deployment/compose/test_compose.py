from __future__ import annotations

from collections.abc import Mapping

import pytest

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis
from poollint.model.source import Span
from poollint.reading.deployment.compose import compose, projects
from poollint.reading.deployment.images.images import images
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Dormant
from poollint.reading.reader import Options
from tests.effort import effort
from tests.reading.deployment.arranging import readings, topology


def place(
    files: Mapping[str, str], options: Options | None = None
) -> tuple[tuple[Placed, ...], tuple[Dormant, ...]]:
    documents = [d for reading in readings(files) for d in reading.documents]
    (project,) = projects.projects(d for d in documents if isinstance(d, Manifest))
    built = images(documents, compose.builds(project))
    placed, dormant, _ = compose.read(project, documents, built, options or Options())
    return placed, dormant


def one(service: str, **files: str) -> Placed:
    text = "services:\n  web:\n    image: x\n" + service
    (placed, *_), _ = place({"compose.yaml": text, **files})
    return placed


def variables(placed: Placed) -> dict[str, str | None]:
    return {v.name: v.value.value for v in placed.workload.containers[0].variables}


def replicas(service: str, **files: str) -> Workload:
    return one(service, **files).workload


@pytest.mark.parametrize(
    ("service", "number", "basis"),
    [
        ("", 1, Basis.DEFAULTED),
        ("    deploy: {replicas: 3}\n", 3, Basis.STATED),
        ("    scale: 4\n", 4, Basis.STATED),
        ("    deploy: {replicas: '${N:-5}'}\n", 5, Basis.STATED),
        ("    deploy: {replicas: '${N}'}\n", 1, Basis.UNKNOWN),
        ("    deploy: {mode: global}\n", 1, Basis.UNKNOWN),
    ],
)
def test_replicas_are_those_compose_starts(service: str, number: int, basis: Basis) -> None:
    found = one(service).workload.replicas
    assert (found.low, found.high, found.basis) == (number, number, basis)


def test_numbers_of_dotenv_have_their_place_there() -> None:
    (placed, *_), _ = place(
        {
            "compose.yaml": "services: {web: {image: x, deploy: {replicas: '${N:-5}'}}}\n",
            ".env": "# number\nN=7\n",
        }
    )
    figure = placed.workload.replicas
    assert (figure.low, figure.origin) == (7, Span.at(".env", 2, 3, 1))


@pytest.mark.parametrize(
    ("parallelism", "more"), [("", 1), (", parallelism: 2", 2), (", parallelism: 0", 4)]
)
def test_only_swarm_starts_the_new_before_it_stops_the_old(parallelism: str, more: int) -> None:
    assert one("    deploy: {replicas: 4}\n").workload.surge is None
    update = f"    deploy: {{replicas: 4, update_config: {{order: start-first{parallelism}}}}}\n"
    surge = one(update).workload.surge
    assert surge is not None
    assert surge.high == more


def test_variables_come_in_both_forms_and_from_files() -> None:
    files = {
        "compose.yaml": """
            services:
              web:
                image: x
                env_file: [web.env, missing.env]
                environment:
                  A: "1"
                  B: ${B:-2}
                  D: ${D}
                  FROM_SHELL:
            """,
        "web.env": "A=file\nC=${B}\n",
        ".env": "B=3\n",
    }
    (placed,), _ = place(files)
    assert variables(placed) == {"A": "1", "B": "3", "C": "3", "D": None, "FROM_SHELL": None}
    assert not placed.units[0].complete
    listed = one("    environment:\n      - A=1\n      - B\n      - 'C=x=y'\n")
    assert variables(listed) == {"A": "1", "B": None, "C": "x=y"}
    assert listed.units[0].complete


def test_a_value_in_a_list_has_its_own_place() -> None:
    placed = one("    environment:\n      - POOL=12\n      - 'Q=3'\n")
    first, second = placed.workload.containers[0].variables
    assert first.value.origin == Span.at("compose.yaml", 5, 14, 2)
    assert second.value.origin == Span.at("compose.yaml", 6, 12, 1)


def test_commands_are_split_but_no_shell_runs_them() -> None:
    process = one("    command: gunicorn -w 4 a:b\n").workload.containers[0].process
    assert process is not None
    assert process.processes.origin == Span.at("compose.yaml", 4, 26, 1)
    process = one("    command: gunicorn -w $$N a:b\n").workload.containers[0].process
    assert process is not None
    assert process.processes.basis is Basis.UNKNOWN


def test_a_shell_in_the_command_reads_the_containers_variables() -> None:
    service = "    command: sh -c 'gunicorn -w $$N a:b'\n    environment: {N: 6}\n"
    process = one(service).workload.containers[0].process
    assert process is not None
    assert process.processes.low == 6


def test_an_unknown_variable_in_a_command_is_unknown() -> None:
    service = "    command: gunicorn -w ${N} a:b\n    environment: {N: 6}\n"
    process = one(service).workload.containers[0].process
    assert process is not None
    assert process.processes.basis is Basis.UNKNOWN


def test_the_dockerfile_says_what_the_service_does_not() -> None:
    files = {
        "compose.yaml": "services:\n  web:\n    build: ./web\n",
        "web/Dockerfile": 'FROM python\nENV WEB_CONCURRENCY=5\nCMD ["gunicorn", "a:b"]\n',
    }
    (placed,), _ = place(files)
    (container,) = placed.workload.containers
    assert container.process is not None
    assert (container.build, container.process.processes.low) == ("web", 5)


@pytest.mark.parametrize(
    ("build", "folder"),
    [
        (".", "."),
        ("./web", "web"),
        ("{context: ., dockerfile: backend/Dockerfile}", "backend"),
        ("{context: ., dockerfile: docker/Dockerfile}", "."),
        ("{context: ., dockerfile: Dockerfile.dev}", "."),
        ("{context: ../src}", "../src"),
    ],
)
def test_the_folder_of_the_code_is_that_of_the_build(build: str, folder: str) -> None:
    (placed,), _ = place({"compose.yaml": f"services:\n  web:\n    build: {build}\n"})
    assert placed.workload.containers[0].build == folder


def test_services_of_profiles_do_not_start() -> None:
    text = "services:\n  a: {image: x}\n  b: {image: x, profiles: [debug]}\n"
    placed, dormant = place({"compose.yaml": text})
    assert [p.workload.name for p in placed] == ["a"]
    assert [(profiles, p.workload.name) for profiles, p in dormant] == [(("debug",), "b")]


def test_a_service_that_others_wait_for_to_end_is_a_task() -> None:
    text = """
        services:
          migrate: {image: x}
          web:
            image: x
            depends_on: {migrate: {condition: service_completed_successfully}}
        """
    placed, _ = place({"compose.yaml": text})
    assert [p.workload.kind for p in placed] == ["task", "service"]


def test_names_are_those_of_the_network() -> None:
    text = """
        services:
          db:
            image: x
            container_name: shop-db
            hostname: database
            networks: {back: {aliases: [pg]}}
          web:
            image: x
            links: ["db:postgres"]
        """
    placed, _ = place({"compose.yaml": text})
    hosts = [address.host for address in placed[0].addresses]
    assert hosts == ["db", "shop-db", "database", "pg", "postgres"]


def test_mounts_are_paths_of_the_tree() -> None:
    text = """
        services:
          db:
            image: x
            volumes:
              - ./conf/a.conf:/etc/a.conf:ro
              - data:/var/lib
              - {type: bind, source: ../b, target: /b}
            configs: [pg]
        configs:
          pg: {file: ./pg.conf}
        """
    placed, _ = place({"deploy/compose.yaml": text})
    assert placed[0].mounts == ("deploy/conf/a.conf", "b", "deploy/pg.conf")


def test_the_stage_that_compose_builds_is_the_one_that_runs() -> None:
    files = {
        "compose.yaml": "services:\n  web:\n    build: {context: ., target: '${T:-dev}'}\n",
        "Dockerfile": "FROM x AS dev\nCMD gunicorn -w 2 a:b\nFROM x\nCMD gunicorn -w 9 a:b\n",
    }
    (placed,), _ = place(files)
    process = placed.workload.containers[0].process
    assert process is not None
    assert process.processes.low == 2


def test_a_service_needs_what_it_waits_for_and_is_linked_to() -> None:
    assert one("    depends_on: [db]\n    links: ['cache:c']\n").needs == ("db", "cache")
    assert one("    depends_on: {db: {condition: service_started}}\n").needs == ("db",)


def test_mounts_have_their_place_in_the_container() -> None:
    service = (
        "    volumes: ['data:/data', './a:/etc/a:ro', {type: bind, source: b, target: /b}]\n"
        "    configs: [{source: c, target: /c}]\n"
    )
    assert one(service).targets == ("/data", "/etc/a", "/b", "/c")


def test_services_take_work_linear_in_their_number() -> None:
    def work(count: int) -> int:
        text = "services:\n" + "".join(f"  s{i}: {{image: x}}\n" for i in range(count))
        return effort(lambda: place({"compose.yaml": text}))

    work(100)  # fills what is kept for later
    assert work(1_600) < 18 * work(100)


@pytest.mark.parametrize(
    ("port", "published"),
    [
        ('"6432:5432"', ((6432, 5432),)),
        ('"127.0.0.1:6432:5432/tcp"', ((6432, 5432),)),
        ("{target: 5432, published: 6432}", ((6432, 5432),)),
        ("{target: 5432, published: '6432', host_ip: 127.0.0.1}", ((6432, 5432),)),
        ('"${PORT:-6432}:5432"', ((6432, 5432),)),
        ('"${PORT}:5432"', ()),  # nobody says which
        ('"5432"', ()),  # Docker chooses one
        ('"7000-7001:5432-5433"', ()),
    ],
)
def test_ports_of_the_machine_lead_to_those_of_the_service(
    port: str, published: tuple[tuple[int, int], ...]
) -> None:
    assert one(f"    ports: [{port}]\n").published == published


def test_a_file_of_variables_that_is_not_read_is_named() -> None:
    text = """services:
  db: {image: "postgres:16", env_file: db.env}
  web: {image: shop, env_file: [web.env, prod.env]}
  jobs: {image: shop, env_file: [prod.env]}
  once: {image: shop, env_file: [once.env], profiles: [tools]}
"""
    found = topology({"compose.yaml": text, "db.env": "POSTGRES_DB=shop\n"})
    assert found.assumed[-2:] == (
        "`web.env`, with variables of `web`, is not read",
        "`prod.env`, with variables of `web` and `jobs`, is not read",
    )
