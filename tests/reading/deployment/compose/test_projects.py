from __future__ import annotations

from collections.abc import Mapping as Files

import pytest

from poollint.reading.deployment.compose.projects import Project, projects
from poollint.reading.deployment.linking import topology
from poollint.reading.deployment.linking.documents import EnvironmentFile, Manifest
from poollint.reading.reader import Options
from poollint.syntax.yaml import Mapping
from tests.reading.deployment.arranging import readings


def found(files: Files[str, str]) -> dict[str, Mapping]:
    manifests = [
        d for reading in readings(files) for d in reading.documents if isinstance(d, Manifest)
    ]
    made: tuple[Project, ...] = projects(manifests)
    return {project.scope: project.root.mapping("services") for project in made}


def names(services: Mapping) -> list[str]:
    return [item.key.text for item in services.items]


BASE = """
services:
  web:
    image: web
    command: [a, b]
    environment: {A: "1", B: "1"}
    volumes: [./a:/a]
  db: {image: postgres}
"""


def test_the_override_file_is_laid_over_the_default_one() -> None:
    over = """
        services:
          web:
            command: [c]
            environment: [B=2, C=2]
            volumes: ["./b:/b"]
        """
    services = found({"compose.yaml": BASE, "compose.override.yaml": over})["compose.yaml"]
    assert names(services) == ["web", "db"]
    web = services.mapping("web")
    assert web.text("image") == "web"
    assert len(web.sequence("command")) == 1
    assert len(web.sequence("volumes")) == 2
    values = {
        i.key.text: web.text("environment", i.key.text) for i in web.mapping("environment").items
    }
    assert values == {"A": "1", "B": "2", "C": "2"}


def test_tags_reset_and_override() -> None:
    over = """
        services:
          web:
            environment: !override {Z: "1"}
            volumes: !reset []
        """
    services = found({"compose.yaml": BASE, "compose.override.yml": over})["compose.yaml"]
    assert names(services.mapping("web", "environment")) == ["Z"]
    assert services.get("web", "volumes") is None


def test_a_whole_file_beside_the_default_one_stands_alone() -> None:
    other = "services:\n  web: {image: web}\n  db: {image: postgres}\n"
    made = found({"docker-compose.yml": BASE, "docker-compose.prod.yml": other})
    assert set(made) == {"docker-compose.yml", "docker-compose.prod.yml"}
    assert made["docker-compose.prod.yml"].get("web", "command") is None


def test_a_partial_file_is_laid_over_the_default_one() -> None:
    partial = "services:\n  web: {environment: {A: '9'}}\n"
    waiting = "services:\n  pooler: {image: pgbouncer, depends_on: [db]}\n"
    made = found({"compose.yaml": BASE, "prod.yaml": partial, "pooler.yaml": waiting})
    assert made["prod.yaml"].text("web", "environment", "A") == "9"
    assert made["prod.yaml"].text("web", "image") == "web"
    assert names(made["pooler.yaml"]) == ["web", "db", "pooler"]


def test_files_of_different_folders_are_projects_of_their_own() -> None:
    assert set(found({"dev/compose.yaml": BASE, "prod/compose.yaml": BASE})) == {
        "dev/compose.yaml",
        "prod/compose.yaml",
    }


def test_included_files_belong_to_the_project_that_includes_them() -> None:
    made = found(
        {
            "compose.yaml": "include:\n  - db/compose.yaml\n  - {path: ./web.yaml}\n",
            "db/compose.yaml": "services: {db: {image: postgres}}\n",
            "web.yaml": "services: {web: {image: x}}\n",
        }
    )
    assert {scope: sorted(names(s)) for scope, s in made.items()} == {"compose.yaml": ["db", "web"]}


def test_services_extend_others() -> None:
    made = found(
        {
            "compose.yaml": """
                services:
                  web:
                    extends: {service: base, file: common.yaml}
                    environment: {B: "2"}
                  worker: {extends: web}
                """,
            "common.yaml": "services: {base: {image: x, environment: {A: '1', B: '1'}}}\n",
        }
    )
    services = made["compose.yaml"]
    for name in ("web", "worker"):
        assert services.text(name, "image") == "x"
        assert services.text(name, "environment", "B") == "2"


def test_circles_end() -> None:
    made = found(
        {
            "compose.yaml": "include: [b.yaml]\nservices: {a: {image: x}}\n",
            "b.yaml": "include: [compose.yaml]\nservices: {c: {image: x}}\n",
        }
    )
    assert {name: names(services) for name, services in made.items()} == {
        "compose.yaml": ["c", "a"]
    }
    made = found({"compose.yaml": "services: {a: {image: x, extends: b}, b: {extends: a}}\n"})
    assert names(made["compose.yaml"]) == ["a", "b"]


INFRA = "name: shop\nservices:\n  db: {image: postgres}\n"
APPS = "services:\n  web: {image: web, depends_on: [db]}\n"


def test_files_of_one_name_with_services_of_their_own_are_one_project() -> None:
    made = found({"infra.yml": INFRA, "apps.yml": "name: shop\nservices:\n  web: {image: w}\n"})
    assert {scope: sorted(names(made[scope])) for scope in made} == {"infra.yml": ["db", "web"]}


def test_a_file_is_started_with_the_one_that_has_what_its_services_wait_for() -> None:
    tools = INFRA.replace("db", "x").replace("shop", "tools")
    made = found({"infra.yml": INFRA, "apps.yml": APPS, "tools.yml": tools})
    assert {scope: sorted(names(made[scope])) for scope in made} == {
        "apps.yml": ["db", "web"],
        "tools.yml": ["x"],
    }


def test_two_files_that_both_have_it_leave_open_which_is_meant() -> None:
    other = INFRA.replace("shop", "other")
    made = found({"a.yml": INFRA, "apps.yml": APPS, "b.yml": other})
    assert sorted(made) == ["a.yml", "apps.yml", "b.yml"]


def test_kinds_of_one_project_stay_apart_though_they_are_of_one_name() -> None:
    assert sorted(found({"dev.yml": INFRA, "live.yml": INFRA})) == ["dev.yml", "live.yml"]


def test_a_file_is_included_by_the_default_of_a_variable() -> None:
    files = {
        "compose.yml": "include:\n  - path: compose.${DB:-postgresql}.yml\n",
        "compose.postgresql.yml": "services:\n  db: {image: postgres}\n",
        "compose.mssql.yml": "services:\n  db: {image: mssql}\n",
    }
    made = found(files)
    assert made["compose.yml"].text("db", "image") == "postgres"
    assert "compose.postgresql.yml" not in made


EXTENDED = "services:\n  web: {extends: {file: F, service: web}}\n"


@pytest.mark.parametrize(
    ("file", "services", "stands"),
    [
        ("common.yaml", "web: {image: web}", False),
        ("common.yaml", "web: {image: web}, db: {image: postgres}", True),
        ("docker-compose.prod.yml", "web: {image: web}", True),
        ("docker-compose.yml", "web: {image: web}", True),
    ],
)
def test_a_file_whose_services_others_extend_is_started_by_nobody(
    file: str, services: str, stands: bool
) -> None:
    made = found({file: f"services: {{{services}}}\n", "app.yaml": EXTENDED.replace("F", file)})
    assert made["app.yaml"].text("web", "image") == "web"
    assert (file in made) is stands


def test_of_files_that_extend_each_other_one_is_started() -> None:
    made = found(
        {"a.yaml": EXTENDED.replace("F", "b.yaml"), "b.yaml": EXTENDED.replace("F", "a.yaml")}
    )
    assert len(made) == 1


@pytest.mark.parametrize(
    ("said", "image"),
    [
        ("# docker compose -f compose.prod.yaml -f compose.ip.yaml up -d", "web:prod"),
        ("#  docker-compose --file=./compose.prod.yaml --file ./compose.ip.yaml up", "web:prod"),
        ("# docker compose -f compose.gone.yaml -f compose.ip.yaml up", "web"),
        ("# docker compose -f compose.ip.yaml -f compose.prod.yaml up", "web"),
        (
            "# docker compose -f compose.prod.yaml -f compose.ip.yaml up\n"
            "# docker compose -f compose.yaml -f compose.ip.yaml up",
            "web",
        ),
        ("# for compose.prod.yaml", "web"),
    ],
)
def test_a_partial_file_is_laid_over_what_its_comments_say(said: str, image: str) -> None:
    files = {
        "compose.yaml": BASE,
        "compose.prod.yaml": BASE.replace("image: web", "image: web:prod"),
        "compose.ip.yaml": f"{said}\nservices: {{web: {{command: [c]}}}}\n",
    }
    assert found(files)["compose.ip.yaml"].text("web", "image") == image


def test_a_file_that_only_changes_a_build_is_laid_over_the_default_one() -> None:
    files = {
        "compose.yaml": "services: {web: {build: {dockerfile: rs.Dockerfile}}, db: {image: x}}\n",
        "compose.mirror.yaml": "services: {web: {build: {args: {MIRROR: example}}}}\n",
        "compose.tty.yaml": "services: {web: {build: {args: {MIRROR: example}}, tty: true}}\n",
        "compose.other.yaml": "services: {jobs: {build: {args: {MIRROR: example}}}}\n",
    }
    made = found(files)
    assert "compose.mirror.yaml" not in made
    web = made["compose.tty.yaml"].mapping("web", "build")
    assert (web.text("dockerfile"), web.text("args", "MIRROR")) == ("rs.Dockerfile", "example")
    assert names(made["compose.other.yaml"]) == ["jobs"]


@pytest.mark.parametrize("name", ["docker-compose.override.cn.yml", "override.cn.yaml"])
def test_an_override_of_an_environment_is_laid_over_what_it_lies_beside(name: str) -> None:
    over = "services: {web: {image: mirror/web}}\n"
    made = found({"compose.yaml": BASE, name: over})
    assert names(made[name]) == ["web", "db"]
    assert made[name].mapping("web").text("image") == "mirror/web"


def test_an_override_without_a_default_file_is_laid_over_the_one_with_its_services() -> None:
    over = "services: {web: {image: mirror/web}}\n"
    files = {"docker/base.yaml": BASE, "docker-compose.override.cn.yml": over}
    assert names(found(files)["docker-compose.override.cn.yml"]) == ["web", "db"]
    several = {**files, "more/compose.yaml": BASE}
    assert names(found(several)["docker-compose.override.cn.yml"]) == ["web"]


HOME = """
services:
  web:
    build: {dockerfile: web.Dockerfile}
    env_file: [web.env, {path: ./other.env}]
    volumes: ["./conf:/conf", "data:/data"]
  api: {build: ., env_file: api.env}
"""


@pytest.mark.parametrize(
    ("taking", "way"),
    [
        ("include: [../compose.yaml]", ".."),
        ("include: [{path: ../compose.yaml, project_directory: ../other}]", "../other"),
        (
            "services:\n  web: {extends: {file: ../compose.yaml, service: web}}\n"
            "  api: {extends: {file: ../compose.yaml, service: api}}\n",
            "..",
        ),
    ],
)
def test_paths_count_from_the_file_that_states_them(taking: str, way: str) -> None:
    services = found({"compose.yaml": HOME, "deploy/stack.yaml": taking})["deploy/stack.yaml"]
    web, api = services.mapping("web"), services.mapping("api")
    assert web.text("build", "context") == way
    assert web.text("build", "dockerfile") == "web.Dockerfile"
    assert [getattr(n, "text", "") for n in web.sequence("volumes")] == [
        f"{way}/conf:/conf",
        "data:/data",
    ]
    (first, second) = web.sequence("env_file")
    assert getattr(first, "text", "") == f"{way}/web.env"
    assert isinstance(second, Mapping)
    assert second.text("path") == f"{way}/other.env"
    assert (api.text("build"), api.text("env_file")) == (way, f"{way}/api.env")


@pytest.mark.parametrize("odd", ["services: {web: 3}", "services: []", "configs: {a: b}"])
def test_what_is_taken_in_may_be_anything(odd: str) -> None:
    odd = f"services: {{a: {{image: x}}}}\n{odd}" if "configs" in odd else odd
    found({"compose.yaml": BASE, "deploy/compose.yaml": "include: [../c.yaml]\n", "c.yaml": odd})


@pytest.mark.parametrize(
    ("stated", "services"),
    [
        ("COMPOSE_FILE=compose.yaml:docker/live.yaml", {"compose.yaml": ["web", "db", "job"]}),
        (
            "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=docker/live.yaml",
            {"docker/live.yaml": ["job"], "compose.yaml": ["web", "db"]},
        ),
        (
            "COMPOSE_FILE=compose.yaml;docker/none.yaml",  # one of which is not in the tree
            {"compose.yaml": ["web", "db"], "docker/live.yaml": ["job"]},
        ),
    ],
)
def test_the_variables_of_a_folder_may_say_which_files_make_up_its_project(
    stated: str, services: dict[str, list[str]]
) -> None:
    files = {"compose.yaml": BASE, "docker/live.yaml": "services: {job: {image: j}}\n"}
    documents = [d for r in readings({**files, ".env": stated}) for d in r.documents]
    made = projects(
        [d for d in documents if isinstance(d, Manifest)],
        [d for d in documents if isinstance(d, EnvironmentFile)],
    )
    assert {p.scope: names(p.root.mapping("services")) for p in made} == services


def test_a_file_that_only_takes_in_others_stays_a_project() -> None:
    files = {
        "compose.yaml": BASE,
        "compose.all.yaml": "include: [parts/more.yaml]\n",
        "parts/more.yaml": "services: {jobs: {image: jobs}}\n",
    }
    assert names(found(files)["compose.all.yaml"]) == ["jobs"]


def test_a_default_file_that_another_includes_is_started_by_itself_too() -> None:
    files = {
        "compose.yaml": BASE,
        "compose.prod.yaml": "include: [compose.yaml]\n",
        "compose.two.yaml": "services: {web: {environment: {C: c}}, jobs: {image: jobs}}\n",
    }
    made = found(files)
    assert names(made["compose.yaml"]) == names(made["compose.prod.yaml"]) == ["web", "db"]
    assert names(made["compose.two.yaml"]) == ["web", "db", "jobs"]


def test_a_whole_file_is_laid_over_what_its_comments_say() -> None:
    said = "# docker compose -f compose.yaml -f compose.dev.yaml up\n"
    files = {"compose.yaml": BASE, "compose.dev.yaml": "services: {web: {image: web:dev}}\n"}
    assert names(found(files)["compose.dev.yaml"]) == ["web"]
    files["compose.dev.yaml"] = said + files["compose.dev.yaml"]
    assert names(found(files)["compose.dev.yaml"]) == ["web", "db"]


@pytest.mark.parametrize(
    ("path", "line", "services"),
    [
        ("Makefile", "D=(docker compose -f compose.yaml -f compose.dev.yaml)\n", ["web", "db"]),
        ("scripts/up.sh", "docker-compose -f ../compose.yaml \\\n -f ../compose.dev.yaml up\n",
         ["web", "db"]),
        ("scripts/up.sh", "docker-compose -f $ROOT/compose.yaml \\\n --file=compose.dev.yaml up\n",
         ["web", "db"]),
        ("package.json",
         '{"scripts": {"dev": "docker compose -f compose.yaml -f compose.dev.yaml up"}}',
         ["web", "db"]),
        ("Makefile", "up:\n\tdocker compose -f compose.dev.yaml up\n", ["web"]),
        ("Makefile", "up:\n\tdocker compose -f compose.dev.yaml up\n"
         "all:\n\tdocker compose -f compose.yaml -f compose.dev.yaml up\n", ["web"]),
        ("Makefile", "up:\n\tdocker compose -f compose.yaml up; x -f compose.dev.yaml\n", ["web"]),
        ("Makefile", "up:\n\tdocker compose -f $(BASE) -f compose.dev.yaml up\n", ["web"]),
    ],
)  # fmt: skip
def test_a_whole_file_is_laid_over_what_commands_say(
    path: str, line: str, services: list[str]
) -> None:
    dev = "services: {web: {image: web:dev}}\n"
    files = {"compose.yaml": BASE, "compose.dev.yaml": dev, path: line}
    described = topology.described(readings(files), (), Options())
    (found,) = (one for one in described if one.scope == "compose.dev.yaml")
    assert [placed.workload.name for placed in found.placed] == services
