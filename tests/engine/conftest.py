"""A small language for tests of the engine: readers and rules that need no real ones.

A `.py` file matters if it holds `db`; each line with `BAD` is a statement, each with `POOL` a
pool. An `.ini` file has one setting a line. A line `CRASH`, `DEEP` or `BROKEN` makes the reader
raise, exceed its depth, or complain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poollint.engine import registry as registries
from poollint.engine.outcome import Outcome
from poollint.engine.own_rules import OWN_RULES
from poollint.engine.registry import Registered, Registry
from poollint.engine.request import Request
from poollint.engine.session import run
from poollint.facts.code import Effect, Function, Module, Pool, Statement
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Setting
from poollint.facts.project import Project
from poollint.model.finding import Category, Confidence, Finding, Problem, Severity, Step
from poollint.model.rule import Rule
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading import linking
from poollint.reading import project as reading
from poollint.reading.reader import FileReading, Options, Reader

PAGE = "What it finds.\n\n## Why\n\nBecause."


def _lines(source: SourceFile, word: str) -> Iterator[Span]:
    for number, line in enumerate(source.text.split("\n"), start=1):
        if word in line:
            yield Span.at(source.path, number, line.index(word) + 1, len(word))


def _unread(source: SourceFile) -> tuple[Unreadable, ...]:
    if "CRASH" in source.text:
        raise KeyError("secret text of the file")
    if "DEEP" in source.text:
        raise RecursionError
    return tuple(Unreadable(span, "not our language") for span in _lines(source, "BROKEN"))


def _python(source: SourceFile, options: Options) -> FileReading:
    statements = tuple(
        Statement(Effect.SET, "SET x", source.line(span.start.line).strip(), span, "f")
        for span in _lines(source, "BAD")
    )
    pools = tuple(
        Pool(span, "fake", "pool", (), (), False, True, "", "") for span in _lines(source, "POOL")
    )
    function = Function("", Span.at(source.path), False, (), pools)
    module = Module(source.path, ("fake",), (function,), statements)
    return FileReading(source.path, "python", module=module, unread=_unread(source))


def _ini(source: SourceFile, options: Options) -> FileReading:
    settings = []
    for number, line in enumerate(source.text.split("\n"), start=1):
        name, sign, value = line.partition("=")
        if sign:
            span = Span.at(source.path, number, 1, len(line))
            settings.append(Setting("PgBouncer", "", "", name.strip(), value.strip(), span, span))
    told = Configuration("PgBouncer", Span.at(source.path), tuple(settings))
    return FileReading(source.path, "ini", configurations=(told,), unread=_unread(source))


def _screened(data: bytes, options: Options) -> bool:
    return b"db" in data


READERS = (
    Reader("python", True, lambda path: path.endswith(".py"), _screened, _python),
    Reader("ini", False, lambda path: path.endswith(".ini"), lambda data, options: True, _ini),
)


def fake_rule(
    name: str,
    check: Callable[[Any], Iterator[Problem]],
    subject: type = Statement,
    category: Category = Category.LEAK,
    **more: Any,
) -> Rule[Any]:
    """Return a rule; `more` are further fields of it."""
    return Rule(name, category, Severity.ERROR, "0.1.0", subject, check, PAGE, "acme", **more)


def _bad(statement: Statement) -> Iterator[Problem]:
    yield Problem(f"bad: {statement.subject[:40]}", at=statement.span, scope=statement.function)


def _unsure(statement: Statement) -> Iterator[Problem]:
    if "UNSURE" in statement.subject:
        yield Problem("unsure", at=statement.span, confidence=Confidence.LOW)


def _far(setting: Setting) -> Iterator[Problem]:
    if setting.name == "far":
        there = Span.at(setting.value, 1, 1, 3)
        yield Problem("far", at=setting.span, path=(Step(there, "there"),))


def _raising(statement: Statement) -> Iterator[Problem]:
    if "RAISE" in statement.subject:
        raise ValueError("secret text of the file")
    yield from ()


def _sums(project: Project) -> Iterator[Problem]:
    yield from (Problem("too many", at=s.span) for s in project.settings if s.name == "over")


RULES = (
    fake_rule("bad-thing", _bad, aliases=("evil-thing",)),
    fake_rule("far-thing", _far, subject=Setting, category=Category.SETTING),
    fake_rule("raising-thing", _raising, default=False),
    fake_rule("too-many", _sums, subject=Project, category=Category.BUDGET),
    fake_rule("unsure-thing", _unsure, category=Category.SESSION),
)


@pytest.fixture
def registry() -> Registry:
    """The engine's own rules and the fake ones."""
    entries = [Registered(rule, "builtin 0.1.0") for rule in OWN_RULES]
    return registries.registry([*entries, *(Registered(rule, "acme 1") for rule in RULES)])


class Folder:
    """A project in a folder of its own, which is the working directory."""

    def __init__(self, path: Path, registry: Registry) -> None:
        self.path = path
        self.registry = registry

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file, and the folders it needs."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def run(self, *paths: str, **request: Any) -> Outcome:
        """Run the engine; without paths, over the folder."""
        asked = Request(paths=paths or (".",), registry=self.registry)
        return run(replace(asked, **request))

    def found(self, *paths: str, **request: Any) -> list[tuple[str, str, int]]:
        """Return rule, path and line of each finding that nothing suppresses."""
        return [told(finding) for finding in self.run(*paths, **request).report.active]


def told(finding: Finding) -> tuple[str, str, int]:
    """Return rule, path and line."""
    at = finding.problem.at
    return finding.rule, at.path, at.start.line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: Registry) -> Folder:
    """An empty project with the fake readers and rules."""
    monkeypatch.chdir(tmp_path)

    def reader_of(path: str) -> Reader | None:
        return next((reader for reader in READERS if reader.claims(path)), None)

    def link(readings: Any, options: Options, keep: Any = None) -> Project:
        found = tuple(readings)
        modules = tuple(r.module for r in found if r.module)
        return Project(modules, tuple(c for r in found for c in r.configurations))

    monkeypatch.setattr(reading, "reader_of", reader_of)
    monkeypatch.setattr(linking, "link", link)
    monkeypatch.setattr(reading, "driver_titles", lambda modules: ("Fake",) if modules else ())
    return Folder(tmp_path, registry)
