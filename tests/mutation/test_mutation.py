"""Correct code, broken in known ways: what breaks it so that it leaks is found.

The code is that of `fixtures/quiet/` and the examples in the documentation of the drivers that
are installed. Whether a broken function leaks is not for poollint to say: it is run among fakes,
in every way its calls may fail. A file of a folder is read, and run, with those it imports.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import libcst as cst
import pytest

from poollint.model.finding import Confidence
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options
from poollint_rules.lifetime.pool_per_request import pool_per_request
from tests.mutation import folders
from tests.mutation.harvest import examples
from tests.mutation.mutations import MUTATIONS, Mutant, functions, mutants, pools_in_handlers
from tests.mutation.oracle import CannotRunError, Oracle

QUIET = Path(__file__).parents[2] / "fixtures" / "quiet"
ENOUGH = 0.98

# Mutants that leak and are not found, by "file function", each with the reason.
ACCEPTED = {
    "autocommit_somehow.py by_its_name": "what `setattr` is given may be kept",
    "connections_of_modules.py connected_again": "the connection is an object's, which lives on",
    "sqlalchemy/session.py#3 example": "the connection goes to a session, whose it is then",
    "objects_that_hand_out/readers.py by_itself": "taken twice by one object, by one name",
    "objects_that_own_what_they_are_given.py given_back_through_it": "reached through the object",
    "tasks_waited_for.py until_cancelled": "the connection goes to a task, whose it is then",
    "taken_by_trying/piers/berths.py looked_at": "the `finally` of what is returned does not end",
    "taken_by_trying/piers/berths.py arrivals": "closing ends it, where it is of no pool",
}


# Functions that build no pool for a request after all.
NO_POOL = {
    "fastapi_depends.py create_app": "makes the application, and so runs once",
    "forks_with_own_connections.py after_a_look": "an engine that keeps no connection",
    "forks_with_own_connections.py without_a_pool": "an engine that keeps no connection",
    "homonyms.py fan_out": "only the name is that of a driver's",
    "homonyms.py swim": "only the name is that of a driver's",
    "one_connection_at_a_time.py either": "an engine that keeps no connection",
    "psycopg3_blocks.py parts": "a pool that keeps no connection",
    "sqlalchemy_core.py closed_by_closing": "an engine that keeps no connection",
}


def sources() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each piece of correct code."""
    for file in sorted(QUIET.glob("*.py")):
        yield file.name, file.read_text("utf-8")
    yield from examples()


Beside = tuple[str, tuple[tuple[str, str], ...]]
"""The name under which a module is imported, and the others of its project, with their texts."""
ALONE: Beside = ("module", ())


def leaks(text: str, name: str, beside: Beside = ALONE) -> str:
    """Return how a function leaks when it is run, "" where it does not, or cannot be run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # coroutines that nobody awaits
            return Oracle(text, beside[0], dict(beside[1])).leaks(name)
    except CannotRunError:
        return ""


def found(text: str, name: str) -> list[Confidence]:
    """Return how surely poollint says of a function that it leaks, the surest first."""
    reading = read(SourceFile("app/module.py", text), Options())
    functions = reading.module.functions if reading.module is not None else ()
    taken = [
        one for function in functions if function.name == name for one in function.acquisitions
    ]
    return sorted((one.leak.confidence for one in taken if one.leak), key=list(Confidence).index)


@functools.cache
def leaking() -> tuple[tuple[str, Mutant, list[Confidence]], ...]:
    """Return the mutants that leak: the file, the mutant, and what poollint says of it."""
    return tuple(
        (file, mutant, found(mutant.text, mutant.name))
        for file, text in sources()
        for mutant in mutants(text, correct(text).__contains__)
        if leaks(mutant.text, mutant.name)
    )


@functools.cache
def leaking_in_folders() -> tuple[tuple[str, Mutant, list[Confidence]], ...]:
    """Return what `leaking` does, of the files of folders."""
    return tuple(
        (f"{folder.name}/{path}", mutant, folders.found(folder, path, mutant))
        for folder in folders.folders(QUIET)
        for path, text in folder.files.items()
        for beside in [(folders.module(path), tuple(folder.beside(path).items()))]
        for mutant in mutants(text, correct(text, beside).__contains__)
        if leaks(mutant.whole, mutant.name, beside)
    )


@functools.cache
def correct(text: str, beside: Beside = ALONE) -> frozenset[str]:
    """Return the functions of a module that run among fakes, and give everything back."""
    names = set()
    with contextlib.suppress(CannotRunError):
        oracle = Oracle(text, beside[0], dict(beside[1]))
        for name, _ in functions(cst.parse_module(text)):
            with contextlib.suppress(CannotRunError):
                if not oracle.leaks(name):
                    names.add(name)
    return frozenset(names)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("made", [leaking, leaking_in_folders])
def test_nearly_every_mutant_that_leaks_is_found(
    made: Callable[[], tuple[tuple[str, Mutant, list[Confidence]], ...]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    collected = made()
    missed = [(file, mutant) for file, mutant, said in collected if not said]
    surely = sum(said[:1] not in ([], [Confidence.LOW]) for _, _, said in collected)
    with capsys.disabled():
        total = len(collected)
        print(
            f"\nmutants that leak: {total}, found: {total - len(missed)}, "
            f"{surely} of them without --pedantic"
        )
        for file, mutant in missed:
            print(f"  missed: {file} {mutant.name}: {mutant.what}")
    assert 1 - len(missed) / len(collected) >= ENOUGH
    unexplained = {f"{file} {mutant.name}" for file, mutant in missed} - ACCEPTED.keys()
    assert not unexplained


@pytest.mark.filterwarnings("ignore")
def test_examples_of_documentation_that_give_back_are_quiet() -> None:
    for name, text in examples():
        for function in correct(text):
            surely = [c for c in found(text, function) if c is not Confidence.LOW]
            assert not surely, f"{name}:\n{text}"


@pytest.mark.filterwarnings("ignore")
def test_each_way_to_break_code_makes_it_leak_somewhere() -> None:
    made = Counter(mutant.what for _, mutant, _ in leaking())
    assert len(made) == len(MUTATIONS), made
    assert len(leaking()) >= 300


def test_a_pool_that_is_moved_into_a_handler_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    moved = [
        (f"{file.name} {mutant.name}", mutant)
        for file in sorted(QUIET.glob("*.py"))
        for mutant in pools_in_handlers(file.read_text("utf-8"))
    ]
    missed = {case for case, mutant in moved if not builds_a_pool(mutant)}
    with capsys.disabled():
        print(f"\npools moved into a handler: {len(moved)}, found: {len(moved) - len(missed)}")
    assert len(moved) - len(missed) >= 60
    assert missed == NO_POOL.keys()


def builds_a_pool(mutant: Mutant) -> bool:
    """Tell whether a pool is said to be built in a function for each request."""
    reading = read(SourceFile("app/module.py", mutant.text), Options())
    functions = reading.module.functions if reading.module is not None else ()
    return any(
        list(pool_per_request.check(function))
        for function in functions
        if function.name == mutant.name
    )
