from __future__ import annotations

from poollint.model.source import SourceFile, Span
from poollint.syntax import procfile


def test_process_types_know_where_they_and_their_commands_stand() -> None:
    text = "# scale\r\nweb: gunicorn app:app -w 4  \nno command:\nworker:x\n"
    source = SourceFile("Procfile", text)
    web, worker = procfile.read(source)
    assert (web.name, web.command) == ("web", "gunicorn app:app -w 4")
    assert web.span == Span.at("Procfile", 2, 1, 3)
    assert web.command_span == Span.at("Procfile", 2, 6, 21)
    assert (worker.name, worker.command) == ("worker", "x")


def test_comments_stand_on_their_own_lines() -> None:
    source = SourceFile("Procfile", "# a\nweb: x # no comment\n  # b\n")
    assert [(c.span.start.line, c.text) for c in procfile.comments(source)] == [
        (1, "# a"),
        (3, "# b"),
    ]
