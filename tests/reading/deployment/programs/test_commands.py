from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Process, Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.linking.variables import Variables
from poollint.reading.deployment.programs import commands

ELSEWHERE = Span.at("k8s/env.yaml", 7, 12, 1)


def variables(**values: str) -> Variables:
    return {name: Variable(name, Word(v, Basis.STATED, ELSEWHERE)) for name, v in values.items()}


def run(text: str, known: Variables | None = None, *, shell: bool = True) -> tuple[Process, ...]:
    source = SourceFile("Procfile", text)
    span = source.span(0, len(text))
    sources = {"Procfile": source}
    argv = commands.line(text, span) if shell else commands.words(text, span, sources)
    return commands.processes(argv, known or {}, sources)


def one(text: str, known: Variables | None = None) -> Process:
    (process,) = run(text, known)
    return process


def counts(process: Process) -> tuple[str, int, int | None]:
    threads = process.threads.high if process.threads else None
    return process.tool, process.processes.low, threads


@pytest.mark.parametrize(
    ("line", "tool", "processes", "threads"),
    [
        ("gunicorn app:app", "gunicorn", 1, 1),
        ("gunicorn -w 4 app:app", "gunicorn", 4, 1),
        ("gunicorn -w4 app:app", "gunicorn", 4, 1),
        ("gunicorn --workers=4 app:app", "gunicorn", 4, 1),
        ("gunicorn --workers 2 --workers 4 app:app", "gunicorn", 4, 1),
        ("gunicorn -w 3 --threads 8 app:app", "gunicorn", 3, 8),
        ("gunicorn -w6 --thr 3 app:app", "gunicorn", 6, 3),
        ("gunicorn -w 3 -k uvicorn.workers.UvicornWorker app:app", "gunicorn", 3, None),
        ("gunicorn -k gevent --threads 8 app:app", "gunicorn", 1, None),
        ("uvicorn app:app --workers 5", "uvicorn", 5, None),
        ("uvicorn app:app --workers 5 --reload", "uvicorn", 1, None),
        ("fastapi run app/main.py --workers 3", "fastapi", 3, None),
        ("hypercorn app:app -w 2", "hypercorn", 2, None),
        ("granian --interface asgi app:app --workers 6", "granian", 6, None),
        ("granian --interface wsgi app:app --workers 2 --blocking-threads 4", "granian", 2, 4),
        ("granian --interface wsgi app:app", "granian", 1, None),
        ("granian app:app --blocking-threads 1", "granian", 1, None),
        ("daphne app.asgi:application", "daphne", 1, None),
        ("waitress-serve --threads=10 app:app", "waitress", 1, 10),
        ("uwsgi --http :80 --module a:b --processes 4 --threads 2", "uwsgi", 4, 2),
        ("celery -A shop worker -c 6", "celery", 6, 1),
        ("celery -A shop worker --autoscale=3,10", "celery", 10, 1),
        ("celery -A shop worker -P threads -c 20", "celery", 1, 20),
        ("celery -A shop worker -P solo", "celery", 1, 1),
        ("celery -A shop beat", "celery beat", 1, 1),
        ("dramatiq app.tasks -p 2 -t 4", "dramatiq", 2, 4),
        ("dramatiq app.tasks -p 2", "dramatiq", 2, 8),
        ("rq worker high low", "rq", 1, 1),
        ("rq worker-pool -n 3 high", "rq pool", 3, 1),
        ("arq workers.Settings", "arq", 1, None),
        ("huey_consumer app.huey -w 4 -k process", "huey", 4, 1),
        ("python manage.py run_huey -w 4", "huey", 1, 4),
        ("./manage.py run_huey --workers=3 -k process", "huey", 3, 1),
        ("python manage.py runserver 0.0.0.0:80", "manage.py", 1, None),
        ("alembic upgrade head", "migration", 1, 1),
    ],
)
def test_command_lines_say_how_many_processes_and_threads(
    line: str, tool: str, processes: int, threads: int | None
) -> None:
    assert counts(one(line)) == (tool, processes, threads)


@pytest.mark.parametrize(
    "line",
    [
        "exec gunicorn -w 4 a:b",
        "A=1 B=2 gunicorn -w 4 a:b",
        "env A=1 -u B gunicorn -w 4 a:b",
        "sh -c 'gunicorn -w 4 a:b'",
        "bash -lc 'cd /srv && exec gunicorn -w 4 a:b'",
        "tini -- gunicorn -w 4 a:b",
        "/usr/bin/dumb-init -- gosu app gunicorn -w 4 a:b",
        "timeout -k 5 10 nice -n 5 gunicorn -w 4 a:b",
        "python -m gunicorn -w 4 a:b",
        "python3.12 -u -X dev -m gunicorn -w 4 a:b",
        "poetry run gunicorn -w 4 a:b",
        "uv run --no-dev --project x gunicorn -w 4 a:b",
        "pipenv run python -m gunicorn -w 4 a:b",
        "ddtrace-run gunicorn -w 4 a:b",
        "bin/start-nginx gunicorn -w 4 a:b",
        "newrelic-admin run-program gunicorn -w 4 a:b",
        "opentelemetry-instrument --service_name x gunicorn -w 4 a:b",
        "doppler run -- gunicorn -w 4 a:b",
        "./wait-for-it.sh db:5432 -t 30 -- gunicorn -w 4 a:b",
        "/entrypoint.sh gunicorn -w 4 a:b",
        "python docker/bootstrap.py gunicorn -w 4 a:b",
        "/app/.venv/bin/gunicorn -w 4 a:b",
        "alembic upgrade head && gunicorn -w 4 a:b",
        "python manage.py migrate; gunicorn -w 4 a:b",
        "hupper --reload-interval 9 -m gunicorn -w 4 a:b",
        "python -m debugpy --listen 0.0.0.0:5678 -m gunicorn -w 4 a:b",
        "watchmedo auto-restart --directory=. --recursive -- gunicorn -w 4 a:b",
    ],
)
def test_wrappers_are_taken_off(line: str) -> None:
    process = one(line)
    assert counts(process) == ("gunicorn", 4, 1)
    assert process.application == "a:b"


def test_the_command_line_is_stronger_than_variables_and_these_than_the_default() -> None:
    known = variables(WEB_CONCURRENCY="2", GUNICORN_CMD_ARGS="--workers=3 --threads=5")
    assert counts(one("gunicorn -w 4 a:b", known)) == ("gunicorn", 4, 5)
    assert counts(one("gunicorn a:b", known)) == ("gunicorn", 3, 5)
    assert counts(one("gunicorn a:b", variables(WEB_CONCURRENCY="2"))) == ("gunicorn", 2, 1)
    assert one("gunicorn a:b").processes.basis is Basis.DEFAULTED


def test_a_variable_of_the_line_is_stronger_than_that_of_the_container() -> None:
    known = variables(WEB_CONCURRENCY="2")
    assert counts(one("WEB_CONCURRENCY=7 gunicorn a:b", known))[1] == 7
    assert counts(one("export WEB_CONCURRENCY=8; gunicorn a:b", known))[1] == 8


def test_a_number_has_the_place_of_its_digits_or_of_its_variable() -> None:
    assert one("gunicorn -w 4 a:b").processes.origin == Span.at("Procfile", 1, 13, 1)
    figure = one("gunicorn -w $N a:b", variables(N="6")).processes
    assert (figure.low, figure.origin) == (6, ELSEWHERE)
    figure = one("gunicorn a:b", variables(WEB_CONCURRENCY="6")).processes
    assert (figure.origin, figure.hint) == (ELSEWHERE, "WEB_CONCURRENCY")


def test_defaults_in_references_are_read() -> None:
    assert counts(one("gunicorn -w ${N:-3} a:b"))[1] == 3
    assert counts(one("gunicorn -w ${N:-3} a:b", variables(N="9")))[1] == 9
    assert counts(one("gunicorn -w ${N:-3} a:b", variables(N="")))[1] == 3


@pytest.mark.parametrize(
    "line",
    [
        "gunicorn -w $(nproc) a:b",
        "gunicorn -w `nproc` a:b",
        "gunicorn -w $(( $(nproc --all) / 2 )) a:b",
        "gunicorn -w $((2 * $N)) a:b",
        "gunicorn -w $N a:b",
        "gunicorn -w many a:b",
        "celery -A shop worker",
        "dramatiq app.tasks",
    ],
)
def test_a_number_that_no_file_states_is_unknown(line: str) -> None:
    figure = one(line).processes
    assert figure.basis is Basis.UNKNOWN
    assert (figure.low, figure.high) == (1, 1)


@pytest.mark.parametrize(
    "line",
    [
        "gunicorn -w $(( 2 * $(nproc) + 1 )) a:b",
        "N=$(getconf _NPROCESSORS_ONLN); W=${WEB:-$((N * 4 - 1))}; exec gunicorn -w $W a:b",
        "N=$((`nproc` + 4 - 2)); gunicorn -w ${W:-${N}} a:b",
    ],
)
def test_of_what_is_worked_out_of_the_cores_the_least_is_known(line: str) -> None:
    figure = one(line).processes
    assert (figure.low, figure.basis) == (3, Basis.UNKNOWN)


@pytest.mark.parametrize(
    "line", ["gunicorn -c gunicorn.conf.py a:b", "uwsgi --ini uwsgi.ini", "uwsgi uwsgi.ini"]
)
def test_nothing_bounds_a_number_in_a_file_that_is_not_read(line: str) -> None:
    figure = one(line).processes
    assert figure.basis is Basis.UNKNOWN
    assert (figure.low, figure.high) == (1, None)


def test_what_a_list_of_the_shell_holds_is_not_known() -> None:
    found = one('gunicorn "${args[@]}" shop.wsgi')
    assert (found.processes.low, found.processes.high) == (1, None)
    assert (found.threads, found.application) == (None, "shop.wsgi")
    assert counts(one('gunicorn -w 3 --threads 2 "${args[@]}" shop.wsgi'))[1:] == (3, 2)


def test_what_runs_side_by_side_is_counted_side_by_side() -> None:
    found = run("celery -A shop worker -c 2 & gunicorn -w 3 a:b; wait")
    assert [counts(p) for p in found] == [("celery", 2, 1), ("gunicorn", 3, 1)]


def test_other_programs_are_told_from_no_command() -> None:
    assert run("", shell=False) == ()
    (node,) = run("node server.js", shell=False)
    assert (node.tool, node.role) == ("", "other")
    (script,) = run("./start.sh --port 80", shell=False)
    assert (script.tool, script.role) == ("", "script")
    assert one("python -m http.server 9001").role == "other"
    assert one("python -m shop.server").role == "script"


def test_a_file_of_settings_may_choose_another_class_of_worker() -> None:
    assert one("gunicorn -c gunicorn.conf.py a:b").threads is None
    assert counts(one("gunicorn -c gunicorn.conf.py -w 2 -k sync a:b")) == ("gunicorn", 2, 1)


@pytest.mark.parametrize(
    ("line", "application"),
    [
        (
            "gunicorn --bind 0.0.0.0:80 -k uvicorn.workers.UvicornWorker shop.api:app",
            "shop.api:app",
        ),
        ("gunicorn -b localhost:8000 --preload config.wsgi", "config.wsgi"),
        ("uvicorn --factory 'shop.api:create_app' --port 80", "shop.api:create_app"),
        ("celery --app shop.tasks worker", "shop.tasks"),
        ("python -m shop.jobs --now", "shop.jobs"),
        ("python jobs/main.py", "jobs/main.py"),
        ("streamlit run --server.port 80 shop/page.py", "shop/page.py"),
        ("fastapi run shop/api.py", "shop/api.py"),
        ("python -c 'print(1)'", ""),
    ],
)
def test_the_application_is_found(line: str, application: str) -> None:
    assert one(line).application == application


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("./wait.sh && gunicorn -w 5 a:b && celery -A a worker -c 2", ["gunicorn"]),
        ("gunicorn --check-config a:b && gunicorn -w 5 a:b", ["gunicorn"]),
        ("gunicorn -D -w 5 a:b; celery -A a worker -c 2", ["gunicorn", "celery"]),
        ("python manage.py migrate && echo done", ["migration"]),
        ("python manage.py migrate && ./start.sh", [""]),
        ("python manage.py migrate && npm start", [""]),
        ("python seed.py || ./notify.sh", ["python"]),
        ("if [ $W ]; then celery -A a worker; else gunicorn a:b; fi", [""]),
        ("case $1 in web) exec gunicorn a:b;; *) exec celery -A a worker;; esac", [""]),
        ("[ $W ] && exec celery -A a worker\ngunicorn a:b", [""]),
        ("if [ $M ]; then python manage.py migrate; fi; gunicorn a:b", ["gunicorn"]),
        ("export RUN='gunicorn -w 5 a:b'; exec $RUN", ["gunicorn"]),
    ],
)
def test_the_first_that_does_not_return_is_what_runs(line: str, found: list[str]) -> None:
    assert [process.tool for process in run(line)] == found


def test_a_variable_that_branches_set_differently_is_not_known() -> None:
    line = "if [ $X ]; then RUN='gunicorn -w 9 a:b'; else RUN='gunicorn -w 5 a:b'; fi; exec $RUN"
    assert [process.tool for process in run(line)] == [""]
    beside = run(f"celery -A a worker -c 2 & {line}")
    assert [process.tool for process in beside] == ["celery", ""]


def test_branches_with_different_numbers_are_an_interval() -> None:
    line = "if [ $X ]; then gunicorn -w 9 a:b; elif [ $Y ]; then gunicorn -w 7 a:b; "
    process = one(line + "else gunicorn -w 5 a:b; fi")
    assert (process.processes.low, process.processes.high) == (5, 9)
    assert process.processes.basis is Basis.STATED


def test_hostile_lines_end() -> None:
    nested = "sh -c " * 50 + "x"
    assert run(nested) == () or run(nested)[0].tool == ""
    assert run("env " * 5000 + "gunicorn a:b")[0].tool == "gunicorn"
    assert run("-w " * 5000) != ()


@pytest.mark.parametrize(
    "line",
    [
        "frankenphp run --config /etc/caddy/Caddyfile",
        "docker-php-entrypoint frankenphp run",
        "frankenphp php-server -r public/",
    ],
)
def test_frankenphp_has_threads_by_the_cores_of_the_machine(line: str) -> None:
    process = one(line)
    assert (process.tool, process.processes.basis) == ("frankenphp", Basis.UNKNOWN)


@pytest.mark.parametrize(
    ("program", "is_one"),
    [("start.sh", True), ("/start", True), ("bin/start-web", True), ("docker-entrypoint", True),
     ("start", False), ("start-dev", False), ("restart.sh", True), ("web", False)],
)  # fmt: skip
def test_what_an_image_is_told_is_no_script(program: str, is_one: bool) -> None:
    assert commands.is_script(program) is is_one
