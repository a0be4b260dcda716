"""What gunicorn's file says of workers and threads, in the environment of a container."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from tests.reading.deployment.serving import COMPOSE, DATABASE, TRACKER, Audited


@pytest.mark.parametrize(
    ("command", "settings", "workers"),
    [
        ("gunicorn -c gunicorn.conf.py shop.database:engine", "workers = 3", 3),
        ("gunicorn shop.database:engine", "workers = 3", 3),
        ("gunicorn -w 2 shop.database:engine", "workers = 3", 2),
        (
            "gunicorn shop.database:engine",
            "import os\nworkers = int(os.getenv('WEB_CONCURRENCY', '4'))",
            4,
        ),
        ("gunicorn shop.database:engine", "bind = ':80'", 1),
        ("env WEB_CONCURRENCY=2 gunicorn shop.database:engine", "workers = 3", 3),
        ("env WEB_CONCURRENCY=2 gunicorn shop.database:engine", "bind = ':80'", 2),
        ("env GUNICORN_CMD_ARGS=--workers=2 gunicorn shop.database:engine", "workers = 3", 2),
    ],
)
def test_gunicorn_starts_what_its_file_says_unless_its_command_says_more(
    audited: Audited, command: str, settings: str, workers: int
) -> None:
    files = {"gunicorn.conf.py": settings, "shop/database.py": DATABASE}
    budget = audited(command, files)
    (entry,) = budget.ledger.demand
    figure = next(f for f in entry.factors if f.name == "workers")
    assert (figure.low, figure.high) == (workers, workers)


CORES = "import multiprocessing, os\ncores = multiprocessing.cpu_count()\n"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("workers = min(cores * 2 + 1, 8)", (3, 8)),
        ("workers = min(cores * 2 + 1, 3)", (3, 3)),
        ("workers = min(cores - 1, 3)", (1, 3)),
        ("workers = min(2 * (os.cpu_count() or 1), 8)", (2, 8)),
        ("workers = min(max(2, os.cpu_count()), 8)", (2, 8)),
        ("workers = max(2, 5)", (5, 5)),
        ("workers = min(6, 8)", (6, 6)),
        ("workers = min(int(os.getenv('MOST', '6')), 8)", (1, 8)),
        ("workers = int(os.getenv('WORKERS', min(cores, 4)))", (1, 4)),
    ],
)
def test_the_least_of_several_numbers_is_bounded_by_those_that_are_known(
    audited: Audited, settings: str, found: tuple[int, int]
) -> None:
    files = {"gunicorn.conf.py": CORES + settings, "shop/database.py": DATABASE}
    budget = audited("gunicorn shop.database:engine", files)
    (entry,) = budget.ledger.demand
    figure = next(f for f in entry.factors if f.name == "workers")
    assert (figure.low, figure.high) == found


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ("workers = max(2, cores * 2 + 1)", 3),
        ("workers = cores * 2 + 1", 3),
        ("workers = cores", 1),
        ("workers = max(2, cores // 2)", 2),
        ("workers = max(4, int(os.getenv('MOST', '6')))", 4),
        ("workers = cores - 1", 1),
        ("workers = chosen()", 1),
    ],
)
def test_what_the_machine_decides_begins_at_what_one_core_makes_of_it(
    audited: Audited, settings: str, least: int
) -> None:
    files = {"gunicorn.conf.py": CORES + settings, "shop/database.py": DATABASE}
    budget = audited("gunicorn shop.database:engine", files)
    (entry,) = budget.ledger.demand
    figure = next(f for f in entry.factors if f.name == "workers")
    assert (figure.low, figure.basis) == (least, Basis.UNKNOWN)


@pytest.mark.parametrize(
    ("settings", "workers"),
    [
        ("workers = int(os.getenv('CORES', '2')) * 2 + 1", 21),
        ("workers = 2 * int(os.environ['CORES']) + 1", 21),
        ("workers = int(os.getenv('CORES', '2')) + 1", 11),
        ("workers = int(os.getenv('CORES', '2'))", 10),
        ("n = int(os.getenv('CORES', '2'))\nworkers = n * 2 + 1", 21),
        ("workers = min(int(os.getenv('CORES', '2')), 8)", 8),
        ("workers = int(os.getenv('OTHER', '2')) * 2 + 1", 5),
        ("workers = int(os.getenv('TEXT', '2')) * 2 + 1", None),
    ],
)
def test_what_a_variable_says_takes_its_place_in_a_sum(
    audited: Audited, settings: str, workers: int | None
) -> None:
    own = COMPOSE.replace("environment: {", "environment: {CORES: '10', TEXT: many, ")
    files = {
        "gunicorn.conf.py": f"import os\n{settings}",
        "shop/database.py": DATABASE,
        "compose.yaml": own.replace("COMMAND", "gunicorn shop.database:engine"),
    }
    budget = audited("", files)
    (entry,) = budget.ledger.demand
    figure = next(f for f in entry.factors if f.name == "workers")
    assert (figure.low if figure.basis is not Basis.UNKNOWN else None) == workers


@pytest.mark.parametrize(
    ("options", "settings", "threads"),
    [
        ("", "threads = 6", 6),  # more threads than one make it gthread
        ("", "worker_class = 'gthread'\nthreads = 6", 6),
        ("-c gunicorn.conf.py", "threads = 6", 6),
        ("--threads 3", "threads = 6", 3),
        ("-k gthread", "threads = 6", 6),
        ("-k gevent", "threads = 6", None),
        ("", "worker_class = 'gevent'\nthreads = 6", None),
        ("", "worker_class = chosen()\nthreads = 6", None),
        ("", "import multiprocessing\nthreads = multiprocessing.cpu_count()", None),
        ("", "threads = 6\nthreads += 1", None),
        ("", "workers = 2", 1),
    ],
)
def test_threads_are_those_of_the_file_unless_the_command_says_more(
    audited: Audited,
    options: str,
    settings: str,
    threads: int | None,
) -> None:
    command = f"gunicorn {options} tracker.wsgi:application"
    files = TRACKER | {"gunicorn.conf.py": settings}
    budget = audited(command, files)
    (entry,) = budget.ledger.demand
    last = entry.factors[-1]
    known = last.basis is not Basis.UNKNOWN
    assert (last.high if known else None) == threads
