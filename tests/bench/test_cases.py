"""The cases are what they are said to be, each in the file that it names."""

from __future__ import annotations

from itertools import chain

import pytest

from tests.bench.peers.cases import PER_REQUEST, File, functions, handlers, laboratory, moved

ALL = tuple(chain(laboratory(), handlers(), moved()))


def test_functions_are_named_with_what_they_stand_in() -> None:
    text = (
        "class A:\n    @decorated\n    def f(self):\n        def g():\n            pass\n\nx = 1\n"
    )
    assert functions(text) == {"A.f": (2, 5), "A.f.g": (4, 5)}


@pytest.mark.parametrize("file", ALL, ids=lambda f: f.path)
def test_each_case_is_a_function_of_its_file(file: File) -> None:
    spans = functions(file.text)
    for case in file.cases:
        assert case.path == file.path
        assert spans[case.name] == (case.first, case.last)


def test_all_functions_that_were_run_are_cases() -> None:
    cases = [case for file in laboratory() for case in file.cases]
    assert len(cases) >= 139
    assert {case.fault for case in cases} == {"", "exit", "raise", "cancel"}


def test_fixtures_of_handlers_have_both_sorts() -> None:
    faults = [case.fault for file in handlers() for case in file.cases]
    assert set(faults) == {"", *PER_REQUEST}


def test_no_tool_takes_a_case_for_a_test() -> None:
    paths = [file.path for file in ALL]
    assert len(paths) == len(set(paths))
    assert not [path for path in paths if "test" in path]
