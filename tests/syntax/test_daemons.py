"""Units of systemd and files of supervisord, as those programs read them."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.syntax.daemons import Daemon, of_supervisor, of_unit

UNIT = """[Unit]
Description=Shop

[Service]
# a comment
Environment="URL=postgresql://shop@db/shop" 'WORKERS=4' DEBUG=0
Environment=MORE=1
WorkingDirectory=/srv/shop
ExecStart=-/srv/venv/bin/gunicorn \\
    --workers 4 \\
    ; not a part of it
    shop.api:app
"""
SUPERVISOR = """[supervisord]
nodaemon=true
[program:web]
command=gunicorn
    --workers 4 shop.api:app
numprocs = 2 ; two of them
environment=URL="postgresql://shop@db/shop",WORKERS='4', DEBUG=0
directory=/srv/shop
# [program:old]
[program:later]
command=celery worker
autostart=false
[group:all]
programs=web
"""


def unit(text: str, name: str = "web") -> Daemon | None:
    return of_unit(SourceFile(f"{name}.service", text), name)


def given(daemon: Daemon) -> dict[str, str]:
    return {name: text.text for name, text in daemon.variables}


def test_a_unit_runs_its_command() -> None:
    found = unit(UNIT)
    assert found is not None
    assert found.command.text == "/srv/venv/bin/gunicorn --workers 4 shop.api:app"
    assert (found.command.span.start.line, found.command.span.start.column) == (9, 11)
    assert given(found) == {
        "URL": "postgresql://shop@db/shop", "WORKERS": "4", "DEBUG": "0", "MORE": "1"
    }  # fmt: skip
    assert (found.name, found.folder, found.complete, found.repeated) == (
        "web", "/srv/shop", True, False
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[Service]\n",
        "[Unit]\nExecStart=a\n",
        "[Service]\nExecStart=\n",
        "[Service]\nExecStart=a\nExecStart=\n",
        "[Service]\nType=oneshot\nExecStart=a\n",
        "ExecStart=a\n[Service\n",
    ],
)
def test_a_unit_may_keep_nothing_running(text: str) -> None:
    assert unit(text) is None


def test_the_last_command_of_a_unit_counts() -> None:
    found = unit("[Service]\nExecStart=a\nExecStart=\nExecStart=@b c\r\n")
    assert found is not None
    assert found.command.text == "b c"


def test_a_file_of_variables_is_not_seen_and_a_template_is_told() -> None:
    found = unit("[Service]\nEnvironmentFile=/etc/shop\nExecStart=a %i\n", "web@")
    assert found is not None
    assert (found.name, found.complete, found.repeated) == ("web", False, True)


def test_supervisord_starts_its_programs() -> None:
    (found,) = of_supervisor(SourceFile("supervisord.conf", SUPERVISOR))
    assert found.command.text == "gunicorn --workers 4 shop.api:app"
    assert (found.name, found.span.start.line) == ("web", 3)
    assert found.count is not None
    assert (found.count.text, found.count.span.start.line) == ("2", 6)
    assert given(found) == {"URL": "postgresql://shop@db/shop", "WORKERS": "4", "DEBUG": "0"}


def test_a_sign_within_a_value_begins_no_comment() -> None:
    (found,) = of_supervisor(SourceFile("s.conf", "[program:a]\ncommand=sh -c 'a;b' #c\n"))
    assert found.command.text == "sh -c 'a;b'"
