from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.images.dockerfile import READER, image_file
from poollint.reading.deployment.linking.documents import ImageFile


def image(text: str) -> ImageFile:
    found = image_file(SourceFile("Dockerfile", dedent(text).lstrip("\n")))
    assert found is not None
    return found


def texts(parts: object) -> list[str] | None:
    return None if parts is None else [part.text for part in parts]  # type: ignore[attr-defined]


def test_the_last_stage_counts_with_what_it_inherits() -> None:
    found = image(
        """
        FROM python:3.12-slim AS base
        ENV WEB_CONCURRENCY=4 \\
            LOG="a b"
        CMD ["gunicorn", "shop:app"]
        FROM node:22 AS assets
        CMD ["npm", "run", "build"]
        FROM base
        ENV OLD some value
        ENTRYPOINT ["tini", "--"]
        """
    )
    assert found.base == "python:3.12-slim"
    assert texts(found.entrypoint) == ["tini", "--"]
    assert texts(found.command) == ["gunicorn", "shop:app"]
    assert [(name, part.text) for name, part in found.variables] == [
        ("WEB_CONCURRENCY", "4"),
        ("LOG", "a b"),
        ("OLD", "some value"),
    ]


def test_words_of_the_exec_form_know_their_place() -> None:
    found = image('FROM x\nCMD ["gunicorn", "-w", "4"]\n')
    assert found.command is not None
    assert found.command[2].span == Span.at("Dockerfile", 2, 25, 1)


def test_the_shell_form_is_a_line_for_a_shell() -> None:
    assert texts(image("FROM x\nCMD gunicorn -w $N a:b\n").command) == [
        "sh",
        "-c",
        "gunicorn -w $N a:b",
    ]


def test_a_shell_form_entrypoint_takes_no_command() -> None:
    assert image('FROM x\nENTRYPOINT run.sh\nCMD ["a"]\n').command == ()


@pytest.mark.parametrize("text", ["", "# nothing\n", "CMD x\n", "FROM\n", 'FROM x\nCMD ["a", 1]\n'])
def test_odd_files_are_read_without_an_error(text: str) -> None:
    image_file(SourceFile("Dockerfile", text))


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("Dockerfile", True),
        ("docker/Dockerfile.prod", True),
        ("web.Dockerfile", True),
        ("Containerfile", True),
        ("Dockerfile.dockerignore", False),
        ("Dockerfile.j2", False),
        ("dockerfile.md", False),
    ],
)
def test_files_are_claimed_by_their_names(path: str, claimed: bool) -> None:
    assert READER.claims(path) is claimed


def test_the_stage_that_is_asked_for_counts() -> None:
    text = "FROM x AS dev\nCMD a\nFROM dev AS prod\nENV N=1\nCMD b\n"
    source = SourceFile("Dockerfile", text)
    dev, prod = image_file(source, "DEV"), image_file(source, "prod")
    assert dev is not None
    assert prod is not None
    assert (texts(dev.command) or [])[-1:] == ["a"]
    assert (dev.base, dev.variables) == ("x", ())
    assert (texts(prod.command) or [])[-1:] == ["b"]
    assert prod.base == "x"
    assert image_file(source, "gone") == image_file(source)


def test_what_comes_from_the_context_is_told_with_its_place() -> None:
    found = image(
        """
        FROM x AS made
        COPY made.conf /made
        FROM y
        COPY --chown=1:1 a.ini b.conf /etc/
        ADD ["c.conf", "/c"]
        COPY --from=made /made /made
        """
    )
    assert found.copies == (("a.ini", "/etc/"), ("b.conf", "/etc/"), ("c.conf", "/c"))
