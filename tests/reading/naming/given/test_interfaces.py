"""What the text of a file declares for others to implement, and what it implements."""

from __future__ import annotations

import ast

import pytest

from poollint.model.source import SourceFile
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.given.interfaces import bases, is_interface, may_fit, places_in


@pytest.mark.parametrize(
    ("text", "reads", "sets"),
    [
        ("class Mailer(ABC): ...", ["class.Mailer"], []),
        ("class Mailer(typing.Protocol[T]): ...", ["class.Mailer"], []),
        ("class Mailer(Base, metaclass=abc.ABCMeta): ...", ["class.Mailer"], ["class.Base"]),
        ("class Post(ports.Mailer, Generic[T]): ...", [], ["class.Mailer"]),
        ("class Post(\n    Mailer,\n    Other[int],\n): ...", [], ["class.Mailer", "class.Other"]),
        ("class Post[T](Mailer): ...", [], ["class.Mailer"]),
        ("class Plain: ...\ndef f(a): ...", [], []),
        ("class Fault(Exception): ...", [], []),
        (
            "class Post(Protocol):\n    def b(self): ...\n\n    async def a(self): ...\n\nx = 1",
            ["class.Post", "class.Post(a,b)"],
            [],
        ),
        ("class Ask(Protocol):\n    def __call__(self): ...\n", ["class.Ask"], []),
    ],
)
def test_a_text_tells_what_it_declares_and_what_it_inherits_from(
    text: str, reads: list[str], sets: list[str]
) -> None:
    found = places_in(text.encode())
    assert list(found.reads) == reads
    assert [p for p in found.sets if p not in ("class.ABCMeta",)] == sets


@pytest.mark.parametrize(
    ("text", "names", "interface"),
    [
        ("class A(abc.ABC, B[int]): ...", {"ABC", "B"}, True),
        ("class A(metaclass=abc.ABCMeta): ...", set(), True),
        ("class A(B, metaclass=Other): ...", {"B"}, False),
        ("class A: ...", set(), False),
    ],
)
def test_a_class_tells_whether_it_only_declares(
    text: str, names: set[str], interface: bool
) -> None:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.ClassDef)
    assert bases(node) == names
    assert is_interface(node) is interface


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("class A:\n    def a(self): ...\n    async def b(self): ...", True),
        ("class A(\n    B,\n):\n    def a(self): ...\n\n    def b(self): ...\nx = 1", True),
        ("class A:\n    def a(self): ...\nclass B:\n    def b(self): ...", False),
        ("class A(Protocol):\n    def a(self): ...\n    def b(self): ...", False),
        ("class A:\n    def a(self): ...\ndef b(self): ...", False),
    ],
)
def test_a_text_tells_which_protocols_a_class_of_it_may_fit(text: str, fits: bool) -> None:
    assert may_fit(text.encode(), ["class.Post(a,b)"]) == (["class.Post(a,b)"] if fits else [])


FILES = {
    "ports.py": "class Mailer(ABC): ...\nclass Store(ABC): ...\nclass Clock(ABC): ...",
    "shapes.py": "class Bell(Protocol):\n    def ring(self): ...",
    "bells.py": "class Loud:\n    def ring(self): ...",
    "tests/bells.py": "class Still:\n    def ring(self): ...",
    "post.py": "from ports import Mailer\nclass Post(Mailer): ...\nclass Tower(Clock): ...",
    "one.py": "class One(Store): ...",
    "two.py": "class Two(Store): ...",
    "tests/fakes.py": "class Fake(Mailer): ...",
    "plain.py": "class Plain(Unknown): ...",
}


@pytest.mark.parametrize(
    ("place", "files"),
    [
        ("class.Mailer", ["post.py"]),
        ("class.Clock", ["post.py"]),
        ("class.Store", []),
        ("class.Unknown", []),
        ("class.Bell(ring)", ["bells.py"]),
    ],
)
def test_the_one_file_is_found_that_implements_an_interface(place: str, files: list[str]) -> None:
    def load(path: str) -> SourceFile:
        return SourceFile(path, FILES[path])

    assert list(PythonFiles(FILES, load).setting(place)) == files
