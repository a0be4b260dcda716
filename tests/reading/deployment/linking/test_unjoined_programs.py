"""Programs that no file joins to a server are told, and those that open nothing are not."""

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings
from tests.reading.deployment.linking.shop import SHOP, URL, uncounted, web

KEPT = "[program:jobs]\ncommand=celery -A shop.api worker -c 3\n"


def test_what_machines_keep_running_beside_other_files_is_told() -> None:
    files = {**SHOP, "deploy.yaml": web(URL), "supervisord.conf": KEPT}
    assert "`jobs` of supervisord.conf, for other files say what runs" in uncounted(files)
    files["supervisord.conf"] = KEPT.replace("celery -A shop.api worker -c 3", "nginx")
    assert not any("supervisord" in text for text in uncounted(files))
    del files["deploy.yaml"]
    files["supervisord.conf"] = KEPT
    assert not any("for other files" in text for text in uncounted(files))


def test_apps_of_pm2_that_a_container_starts_are_counted_and_not_told() -> None:
    compose = """
        services:
          web: {build: ., environment: {DATABASE_URL: "postgresql://far.example/shop"}}
        """
    files = {
        "compose.yaml": compose,
        "db.js": "const { Pool } = require('pg');\n"
        "new Pool({ connectionString: process.env.DATABASE_URL });\n",
        "Dockerfile": "FROM node:22\nCOPY . .\nCMD pm2-runtime start ecosystem.config.js\n",
        "ecosystem.config.js": "module.exports = { apps: [{ script: 'a.js', instances: 2 }] };\n",
    }
    told = "`web` may open 20 connections to `far.example`, which no file describes"
    assert uncounted(files) == (told,)
    files["Dockerfile"] = "FROM node:22\nCOPY . .\nCMD node a.js\n"
    assert "`a.js` of ecosystem.config.js, for other files say what runs" in uncounted(files)


@pytest.mark.parametrize(
    ("version", "library", "told"),
    [("*", "pg", True), ("workspace:^", "pg", True), ("^2.1", "pg", False), ("*", "zod", False)],
)
def test_apps_of_pm2_that_need_a_package_of_their_workspace_are_told(
    version: str, library: str, told: bool
) -> None:
    files = {
        "compose.yaml": "services: {db: {image: 'postgres:16'}}\n",
        "package.json": '{"workspaces": ["apps/*", "packages/*"]}\n',
        "apps/api/package.json": f'{{"dependencies": {{"@shop/db": "{version}"}}}}\n',
        "packages/db/package.json": '{"name": "@shop/db", "dependencies": {"LIB": "^8"}}\n'
        .replace("LIB", library),
        "ecosystem.config.js": "module.exports = { apps: [{ name: 'api', cwd: './apps/api', "
        "script: 'dist/a.js', instances: 2 }] };\n",
    }  # fmt: skip
    what = "`api` of ecosystem.config.js, for other files say what runs"
    assert (what in uncounted(files)) is told


FUNCTIONS = """
    service: shop
    provider: {name: aws, runtime: nodejs20.x}
    functions: {create: {handler: src/handler.create}}
    """


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("package.json", '{"dependencies": {"pg": "^8", "typeorm": "^0.3"}}', True),
        ("package.json", '{"dependencies": {"mysql2": "^3", "typeorm": "^0.3"}}', False),
        ("package.json", '{"dependencies": {"a": "1"}, "devDependencies": {"pg": "^8"}}', False),
        ("prisma/schema.prisma", 'datasource db {\n  provider = "postgresql"\n'
         '  url = env("MAIN")\n}\n', True),
    ],
)  # fmt: skip
def test_a_function_whose_package_has_a_library_of_postgresql_is_named(
    path: str, text: str, told: bool
) -> None:
    expected = ("`create`: an unknown number of connections no file says where to",)
    assert uncounted({"serverless.yml": FUNCTIONS, path: text}) == (expected if told else ())


def test_what_builds_the_pages_of_an_application_opens_nothing() -> None:
    files = {
        "config/database.yml": "production:\n  adapter: postgresql\n  host: far.example\n",
        "Procfile": "web: bin/rails server\nassets: PORT=3 bin/webpacker-dev-server\n",
    }
    told = uncounted(files)
    assert any(text.startswith("`web`") for text in told)
    assert not any("assets" in text for text in told)


def test_a_service_that_is_switched_off_opens_nothing() -> None:
    compose = """
        services:
          web:
            image: acme/shop
            COMMAND
            environment: {DATABASE_URL: "postgresql://far.example/shop"}
        """
    told = "`web`: an unknown number of connections to `far.example`, which no file describes"
    for command, expected in (
        ("command: ./serve", True),
        ("command: sh -c 'echo starting && ./serve'", True),
        ('entrypoint: ["echo", "disabled"]', False),
        ('entrypoint: ["tail", "-f", "/dev/null"]', False),
        ("entrypoint: /bin/true", False),
    ):
        found = uncounted({"compose.yaml": compose.replace("COMMAND", command)})
        assert (told in found) is expected, command


@pytest.mark.parametrize(("context", "told"), [("/srv/shop", True), ("/srv/other", False)])
def test_what_is_built_from_the_code_of_what_waits_for_a_server_is_told(
    context: str, told: bool
) -> None:
    text = f"""
        services:
          db: {{image: "postgres:16"}}
          web:
            image: shop-web
            build: /srv/shop
            command: gunicorn shop.wsgi
            env_file: [/srv/shop.env]
            depends_on: [db]
          jobs:
            image: shop-jobs
            build: {context}
            command: celery -A shop.tasks worker
            env_file: [/srv/shop.env]
        """
    (one,) = linking.link(readings({"compose.yaml": text}), Options()).topologies
    unknown = "`{}`: how many connections it opens is not known, for nothing that `{}` is known to"
    missing = "; ".join(one.servers[0].missing)
    assert unknown.format("web", "shop.wsgi") in missing
    assert (unknown.format("jobs", "shop.tasks") in missing) == told
