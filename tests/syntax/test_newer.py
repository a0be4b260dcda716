"""What a later Python reads is read by this one too, each thing in its place."""

import ast
import json
import shutil
import subprocess
import sys

import pytest

from poollint.model.source import SourceFile
from poollint.syntax.newer import expression, older, statements
from poollint.syntax.python import PythonTree, Unit, parse

QUOTES = [
    ('f"{d["a"]} {d["b"]!r:>{d["w"]}} {{x}}"', """f"{d['a']} {d['b']!r:>{d['w']}} {{x}}\""""),
    ("f'{d['é']}'", "f'{d[\"é\"]}'"),
    ('rf"""{", ".join(f"{x}" for x in y)}"""', 'rf"""{", ".join(f"{x}" for x in y)}"""'),
    ('f"{"\\n".join(x)}"', 'f"{0           }"'),
    ('f"{a} {f"{x["a"]}"} {b}"', 'f"{a} {0          } {b}"'),
    ('f"{x}" + \'f"{d["a"]}"\'', 'f"{x}" + \'f"{d["a"]}"\''),
]
OTHERS = [
    ("type Row[T] = dict[str, T]", "None;Row    = dict[str, T]"),
    ("if x:\n    type Rows = list[Row]", "if x:\n    None;Rows = list[Row]"),
    ("class A[\n    T: int,\n](B[T]): pass", "class A\\\n          \\\n (B[T]): pass"),
    ("class A[\r\n  T,\r\n]: pass", "class A \\\n    \\\n : pass"),
    ("def f[T: int, *A](x): ...", "def f            (x): ..."),
    ("class A[T = list[int]](B): ...", "class A               (B): ..."),
    ("async def f[**P](): ...", "async def f     (): ..."),
]
KEPT = [
    "type = 1", "type(x) == int", "x.type [0] = 1", "# def f[T](): ...", "'def f[T](): ...'",
    "class A[\n\n  T]: pass",
    "for x in d['type'], e: pass", "print(f'{a:{b}} {c!r}')", "f'{x:%Y-%m-%d}'",
]  # fmt: skip
FILE = """
import psycopg2

type Row[T] = dict[str, T]


class Store[T]:
    def get[U](self, é: U, d) -> T:
        conn = psycopg2.connect(f"dbname={d["name"]} é {", ".join(d)}"); conn.cursor()
        try:
            return conn.execute(f"{d["sql"]:>{d["w"]}}"), d["é"]
        except psycopg2.Error, ValueError:
            return None
"""
PLACES = (
    "import ast, json, sys; t = ast.parse(sys.stdin.buffer.read());"
    "inner = {id(n) for f in ast.walk(t) if isinstance(f, ast.JoinedStr) for n in ast.walk(f)};"
    "print(json.dumps(sorted([type(n).__name__, n.lineno, n.col_offset] for n in ast.walk(t)"
    " if isinstance(n, (ast.Call, ast.FunctionDef, ast.ClassDef, ast.Try, ast.Return, ast.arg))"
    " and id(n) not in inner)))"
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("f'{\nx}'", ["x"]),
        ("f'a{x!r}é{\n d[\"b\"]:>{w}} {y=} {z}'", ["x", "d", "y", "z"]),
        ("g(f'a{b}' f'{\nc}' 'd', e=f\"{f'{\nx}'}\")", ["g", "b", "c", "x"]),
        ("v = f'{\n  y if a != b else {1: 2}[z]\n}/w'", ["v", "y", "a", "b", "z"]),
        ("f'{\n\"x:\"}{(lambda k: k)(a)} {b:=^5}'", ["k", "a", "b"]),
        ('f"""{\nx}"""', ["x"]),
        ("f'{\"d\\'é\"} {x}', y", ["x", "y"]),
    ],
)
def test_fields_of_several_lines_keep_their_values(text: str, names: list[str]) -> None:
    """All names stay where they are, by lines and columns of bytes."""
    found = [n for n in ast.walk(ast.parse(older(text))) if isinstance(n, ast.Name)]
    assert sorted(n.id for n in found) == sorted(names)
    lines = text.encode().split(b"\n")
    outside = [n for n in found if n.id in ("v", "y", "g")]
    assert all(lines[n.lineno - 1][n.col_offset :].startswith(n.id.encode()) for n in outside)


@pytest.mark.parametrize(("text", "expected"), [*QUOTES, *OTHERS])
def test_newer_syntax_is_written_as_older(text: str, expected: str) -> None:
    assert older(text) == expected
    ast.parse(expected)


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_newer_syntax_is_kept(text: str) -> None:
    assert older(text) == text


def test_several_exceptions_need_no_parentheses() -> None:
    text = "try: ...\nexcept A, b.C : ...\n"
    assert older(text) == "try: ...\nexcept A| b.C : ...\n"


@pytest.mark.parametrize(
    "text",
    ['f"{', 'f"{{', "f'{a[", "f'{x:{", '"""', "def f[", "type ", "except ", "f'" + "{f'" * 99],
)
def test_broken_text_comes_to_an_end(text: str) -> None:
    assert len(older(text)) == len(text)


def test_a_file_of_a_later_python_is_read() -> None:
    tree = parse(SourceFile("shop.py", FILE))
    assert isinstance(tree, PythonTree)
    units = [tree.unit(prefix, group) for prefix, group in tree.statements()]
    assert all(isinstance(unit, Unit) for unit in units)


def test_python_2_is_not_made_python_3() -> None:
    text = "try:\n    pass\nexcept IOError, e:\n    pass\n"
    assert not isinstance(parse(SourceFile("x.py", text)), PythonTree)


def _later() -> str:
    """Return a Python that reads what this one does not, "" where there is none."""
    for path in filter(None, (shutil.which(f"python3.{minor}") for minor in (12, 13, 14))):
        if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return path
    return ""


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads the syntax itself")
def test_everything_stands_where_a_later_python_finds_it() -> None:
    later = _later()
    if not later:
        pytest.skip("needs Python 3.12 or later")
    text = FILE.replace("psycopg2.Error, ValueError", "(psycopg2.Error, ValueError)")
    asked, mine = (
        subprocess.run([python, "-c", PLACES], input=t.encode(), capture_output=True, check=True)
        for python, t in ((later, text), (sys.executable, older(text)))
    )
    assert len(json.loads(mine.stdout)) > 5
    assert json.loads(asked.stdout) == json.loads(mine.stdout)


@pytest.mark.parametrize("text", ["f(x)", 'f(f"{d["a"]}")', "f(\n  x,  # why\n)"])
def test_an_expression_is_parsed(text: str) -> None:
    assert isinstance(expression(text), ast.Call)


@pytest.mark.parametrize("text", ["f(", "x = 1", "\0", "f(" * 5_000])
def test_what_is_no_expression_is_none(text: str) -> None:
    assert expression(text) is None


@pytest.mark.parametrize("text", ["f(x)\n", 'f(f"{d["a"]}")\n', "if a:\n    f()  # why\n"])
def test_statements_are_parsed(text: str) -> None:
    assert len(statements(text)) == 1


@pytest.mark.parametrize("text", ["f(", "if x:", "\0", "f(" * 5_000])
def test_what_is_no_statement_is_nothing(text: str) -> None:
    assert statements(text) == []
