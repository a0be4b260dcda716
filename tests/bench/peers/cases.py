"""The cases: functions of which it is known, not from poollint, whether they leak.

lab        the functions of `tests/lab/leak_truth/`, run on a server with faults injected
mutants    correct functions, which give every connection back when they are run among fakes, and
           the same functions broken so that they do not
handlers   pools and connections made for each request, and code that makes none; whoever wrote
           the fixtures says which
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from poollint.testing.want import wants
from tests.mutation.mutations import mutants, pools_in_handlers
from tests.mutation.test_mutation import NO_POOL, QUIET, correct, leaks, sources

ROOT = Path(__file__).parents[3]
LAB = ROOT / "tests" / "lab"
LIFETIME = ROOT / "fixtures" / "lifetime"
PER_REQUEST = ("connection-per-request", "pool-per-request")
SETS = ("lab", "mutants", "handlers")
STRICT = "# mypy: ignore-errors"  # stands in cases for our own type checker, not for a peer


@dataclass(frozen=True, slots=True)
class Case:
    """A function of a file: its first and last line, and what is wrong with it ("" if nothing)."""

    set: str
    path: str
    name: str
    first: int
    last: int
    fault: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to be read by every tool, with the cases in it."""

    path: str
    text: str
    cases: tuple[Case, ...]


def files() -> Iterator[File]:
    """Yield every file of cases."""
    yield from laboratory()
    yield from broken()
    yield from handlers()
    yield from moved()


def laboratory() -> Iterator[File]:
    """Yield the functions that were run on a server, each with how it leaked."""
    measured = tomllib.loads((LAB / "leaks.toml").read_text("utf-8"))
    for file in sorted((LAB / "leak_truth").glob("*.py")):
        text = file.read_text("utf-8").replace(STRICT, "#")
        names = [name for name in functions(text) if _is_run(name)]
        faults = {name: measured[file.stem].get(name, "") for name in names}
        yield _file("lab", f"lab/{file.stem}_cases.py", text, faults)


def broken() -> Iterator[File]:
    """Yield each mutant that leaks, and each source of some with the functions it was made of."""
    for source, text in sources():
        stem = re.sub(r"\W+", "_", source.removesuffix(".py"))
        made = [m for m in mutants(text, correct(text).__contains__) if leaks(m.text, m.name)]
        for at, mutant in enumerate(made):
            path = f"mutants/{stem}_{at:02}.py"
            yield _file("mutants", path, mutant.text, {mutant.name: mutant.what})
        if made:
            whole = dict.fromkeys((mutant.name for mutant in made), "")
            yield _file("mutants", f"originals/{stem}.py", text, whole)


def handlers() -> Iterator[File]:
    """Yield the fixtures of what is made per request; those with another fault are no cases."""
    for rule in PER_REQUEST:
        for file in sorted((LIFETIME / rule).glob("*.py")):
            text = file.read_text("utf-8")
            wanted = {want.line: want.rule for want in wants(file.name, text) if not want.step}
            spans = functions(text)
            faults = {}
            for name in spans:
                here = {wanted[line] for line in wanted if _innermost(spans, line) == name}
                if here <= set(PER_REQUEST):
                    faults[name] = min(here, default="")
            folder = rule.replace("-", "_")
            yield _file("handlers", f"handlers/{folder}/{file.name}", text, faults)


def moved() -> Iterator[File]:
    """Yield correct code whose pool is moved into a handler, and that code as it was."""
    for file in sorted(QUIET.glob("*.py")):
        text = file.read_text("utf-8")
        made = list(pools_in_handlers(text))
        times = Counter(mutant.name for mutant in made)
        for at, mutant in enumerate(made):
            sound = f"{file.name} {mutant.name}" in NO_POOL
            if sound and times[mutant.name] > 1:
                continue  # of which of its pools that holds is not said
            path = f"handlers/moved/{file.stem}_{at:02}.py"
            yield _file("handlers", path, mutant.text, {mutant.name: "" if sound else mutant.what})
        if made:
            path = f"handlers/unmoved/{file.name}"
            yield _file("handlers", path, text, dict.fromkeys((m.name for m in made), ""))


def functions(text: str) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each function by its name ("f", "Class.method", "f.g")."""
    found = {}
    todo: list[tuple[str, ast.AST]] = [("", ast.parse(text))]
    while todo:
        prefix, parent = todo.pop()
        for node in ast.iter_child_nodes(parent):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                    found[f"{prefix}{name}"] = (first, node.end_lineno or first)
                    todo.append((f"{prefix}{name}.", node))
                case ast.ClassDef(name=name):
                    todo.append((f"{prefix}{name}.", node))
                case _:
                    todo.append((prefix, node))
    return found


def _is_run(name: str) -> bool:
    return "." not in name and name != "work" and not name.startswith("_")


def _innermost(spans: dict[str, tuple[int, int]], line: int) -> str:
    around = [name for name, (first, last) in spans.items() if first <= line <= last]
    return max(around, key=lambda name: spans[name], default="")


def _file(chosen: str, path: str, text: str, faults: dict[str, str]) -> File:
    spans = functions(text)
    cases = (Case(chosen, path, name, *spans[name], fault) for name, fault in faults.items())
    return File(path, text, tuple(cases))
