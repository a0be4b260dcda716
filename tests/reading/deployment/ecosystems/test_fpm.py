"""How many children PHP-FPM has, and which files and variables say so."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.fpm import claims, read
from tests.reading.deployment.arranging import topology

POOL = "[www]\npm = dynamic\npm.max_children = {}\n"
DOCKERFILE = "FROM php:8.3-fpm\nCOPY . .\n"
COMPOSER = '{"require": {"php": "^8.3"}}\n'
PDO = "<?php\nreturn new PDO('pgsql:host=db;dbname=shop', 'shop');\n"


def compose(service: str, variables: str = "") -> str:
    return f"""services:
  db:
    image: postgres:16
  web:
    environment: {{DATABASE_URL: "postgresql://shop@db/shop"{variables}}}
{service}"""


def bounds(files: dict[str, str]) -> list[tuple[int, int | None]]:
    (server,) = topology(files).servers
    return [(c.entry.total.low, c.entry.total.high) for c in server.clients]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pm.max_children = 50", [("www", (), 50)]),
        ("pm.max_children=50 ; of 2 GB\r", [("www", (), 50)]),
        ('pm.max_children = "50"', [("www", (), 50)]),
        ("pm.max_children = 5\npm.max_children = 9", [("www", (), 9)]),
        ("pm.max_children = ${CHILDREN}", [("www", ("CHILDREN",), None)]),
        ("pm.max_children = ${CHILDREN:-8}", [("www", ("CHILDREN",), 8)]),
        ("pm.max_children = {{ children }}", [("www", (), None)]),
        (";pm.max_children = 50", []),
        ("pm.max_children = 5\n[api]\npm.max_children = 6", [("www", (), 5), ("api", (), 6)]),
    ],
)
def test_children_of_the_pools_of_a_file(text: str, found: object) -> None:
    stated = read(SourceFile("www.conf", f"[www]\npm = static\n{text}\n"))
    told = stated.numbers if stated else ()
    assert [(name, one.variables, one.number) for name, one in told] == found


def test_the_place_of_a_number_is_its_line() -> None:
    stated = read(SourceFile("www.conf", "[www]\n  pm.max_children = 7  ; few\n"))
    assert stated is not None
    ((_, told),) = stated.numbers
    assert (told.span.start.line, told.span.start.column, told.span.end.column) == (2, 3, 22)


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("docker/www.conf", True),
        ("docker/zz-fpm.conf", True),
        ("etc/php/8.3/fpm/pool.d/shop.conf", True),
        ("php-fpm.d/shop.conf", True),
        ("docker/nginx.conf", False),
        ("postgresql.conf", False),
    ],
)
def test_which_files_are_read(path: str, claimed: bool) -> None:
    assert claims(path) is claimed


@pytest.mark.parametrize(
    ("base", "variables", "found"),
    [
        ("php:8.3-fpm", "", (5, 5)),
        ("php:${VERSION}-fpm-alpine", "", (5, 5)),
        ("serversideup/php:8.3-fpm-nginx", "", (20, 20)),
        ("serversideup/php:8.3-fpm-nginx", ", PHP_FPM_PM_MAX_CHILDREN: 40", (40, 40)),
        ("webdevops/php-nginx:8.3", ', "fpm.pool.pm.max_children": 12', (12, 12)),
        ("webdevops/php-nginx:8.3", ", FPM_PM_MAX_CHILDREN: 14", (14, 14)),
        ("serversideup/php:8.3-fpm-nginx", ", PHP_FPM_PM_MAX_CHILDREN: many", (1, 1)),
    ],
)
def test_children_that_an_image_says(base: str, variables: str, found: object) -> None:
    files = {
        "compose.yaml": compose("    build: .\n", variables),
        "Dockerfile": f"FROM {base}\nCOPY . .\n",
        "composer.json": COMPOSER,
        "src/db.php": PDO,
    }
    assert bounds(files) == [found]


@pytest.mark.parametrize(
    ("copied", "found"),
    [
        ("COPY docker/www.conf /usr/local/etc/php-fpm.d/www.conf", (30, 30)),
        ("COPY docker/ /usr/local/etc/php-fpm.d/", (30, 30)),
        ("COPY docker/*.conf /etc/php/8.3/fpm/pool.d/", (30, 30)),
        ("COPY docker/www.conf /usr/local/etc/php-fpm.d/zz-shop.conf", (30, 30)),
        ("COPY docker/www.conf /etc/nginx/conf.d/www.conf", (5, 5)),
        ("RUN sed -i 's/pm.max_children = 5/pm.max_children = 24/' www.conf", (24, 24)),
        ("RUN sed -i 's/pm.max_children = .*/pm.max_children = 24/' www.conf", (24, 24)),
        ("RUN sed -i 's/^pm\\.max_children = 5/pm.max_children = ${MANY}/' www.conf", (1, 1)),
        ("# RUN sed -i 's/pm.max_children = 5/pm.max_children = 24/' www.conf", (5, 5)),
    ],
)
def test_children_of_what_a_dockerfile_puts_in(copied: str, found: object) -> None:
    files = {
        "compose.yaml": compose("    build: .\n"),
        "Dockerfile": f"{DOCKERFILE}{copied}\n",
        "docker/www.conf": POOL.format(30),
        "src/db.php": PDO,
    }
    assert bounds(files) == [found]


def test_of_one_pool_in_two_files_the_later_name_counts_and_pools_add_up() -> None:
    files = {
        "compose.yaml": compose("    build: .\n"),
        "Dockerfile": f"{DOCKERFILE}COPY php-fpm.d /usr/local/etc/php-fpm.d\n",
        "php-fpm.d/www.conf": POOL.format(30),
        "php-fpm.d/zz-more.conf": POOL.format(8) + "[api]\npm.max_children = 4\n",
        "src/db.php": PDO,
    }
    assert bounds(files) == [(12, 12)]


def test_a_file_that_compose_mounts_counts() -> None:
    service = "    build: .\n    volumes: [./docker/www.conf:/usr/local/etc/php-fpm.d/www.conf]\n"
    files = {
        "compose.yaml": compose(service),
        "Dockerfile": DOCKERFILE,
        "docker/www.conf": POOL.format(30),
        "src/db.php": PDO,
    }
    assert bounds(files) == [(30, 30)]


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("php-fpm", (5, 5)),
        ("php-fpm8.3 -F", (5, 5)),
        ("supervisord -n", (5, 5)),
        ("php artisan queue:work", (1, 1)),
        ("php artisan octane:start --workers=6", (6, 6)),
        ("php bin/worker.php", (1, 1)),
        ('sh -c "while true; do php artisan schedule:run; sleep 60; done"', (1, 1)),
        ('sh -c "while true; do php artisan shop:orders; sleep 60; done"', (1, 1)),
    ],
)
def test_a_command_may_run_something_else(command: str, found: object) -> None:
    files = {
        "compose.yaml": compose(f"    build: .\n    command: {command}\n"),
        "Dockerfile": DOCKERFILE,
        "src/db.php": PDO,
    }
    assert bounds(files) == [found]


def test_without_the_code_a_child_opens_one_connection_at_the_most() -> None:
    files = {
        "compose.yaml": compose("    image: serversideup/php:8.3-fpm-nginx\n"),
    }
    assert bounds(files) == [(0, 20)]
    (note,) = topology(files).assumed
    assert note == "each child of PHP-FPM in `web` opens one connection at the most"


def test_of_an_image_of_php_with_another_database_nothing_is_said() -> None:
    text = compose("    image: php:8.3-fpm\n").replace(
        'DATABASE_URL: "postgresql://shop@db/shop"', "DB_HOST: shopdata"
    )
    assert bounds({"compose.yaml": text}) == []


def test_code_that_is_mounted_is_what_an_image_of_php_runs() -> None:
    text = """
        services:
          pgsql: {image: "postgres:16"}
          web:
            build: docker/php
            volumes: [".:/app"]
            links: [pgsql]
        """
    laravel = """<?php return [
        'default' => env('DB_CONNECTION', 'mysql'),
        'connections' => ['pgsql' => ['driver' => 'pgsql', 'host' => env('DB_HOST')]],
    ];"""
    files = {
        "compose.yaml": text,
        "docker/php/Dockerfile": "FROM alpine\nCOPY www.conf /etc/php83/php-fpm.d/www.conf\n"
        'CMD ["php-fpm83", "-F"]\n',
        "docker/php/www.conf": POOL.format(40),
        "composer.json": COMPOSER,
        "config/database.php": laravel,
    }
    assert bounds(files) == [(40, 40)]
    assert bounds({**files, "compose.yaml": text.replace('".:/app"', '"./logs:/logs"')}) == []
