"""Who may import whom, what nothing may be called, and how long a module gets."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "poollint"
RULES = ROOT / "rules" / "poollint_rules"

# A layer, and the layers it may import besides itself.
LAYERS = {
    "model": set[str](),
    "facts": {"model"},
    "catalog": set[str](),
    "syntax": {"model"},
    "reading": {"syntax", "facts", "model", "catalog"},
    "report": {"model"},
    "engine": {"model", "facts", "syntax", "reading", "catalog"},
    "cli": {"model", "facts", "syntax", "reading", "report", "engine", "catalog"},
    "testing": {"model", "engine"},
}
CONFINED = {
    "_pytest": {"testing"},
    "click": {"cli"},
    "distributed": {"engine"},
    "libcst": {"syntax", "reading"},
    "pgparse": {"syntax"},
    "pytest": {"testing"},
    "tomlkit": {"syntax"},
    "tree_sitter": {"syntax"},
    "tree_sitter_hcl": {"syntax"},
    "yaml": {"syntax"},
}
FORBIDDEN = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
LONG_MODULE = 300  # lines; told, not refused
LONG_FUNCTION = 25
TOO_LONG_MODULE = 500
TOO_LONG_FUNCTION = 60

MODULES = sorted([*PACKAGE.rglob("*.py"), *RULES.rglob("*.py")])


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def layer(path: Path) -> str:
    """Return the layer of a module of the package, "" for the package itself."""
    return path.relative_to(PACKAGE).parts[0] if path.parent != PACKAGE else ""


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports, names that are modules included, typing included."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (arg.value for arg in node.args if _is_text(arg))  # type: ignore[attr-defined]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [p for p in MODULES if PACKAGE in p.parents], ids=named)
def test_layers_import_only_those_below(path: Path) -> None:
    home = layer(path)
    if home in ("", "__init__.py"):
        return
    assert home in LAYERS, f"{home} is no layer"
    allowed = {home, *LAYERS[home]}
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "poollint" and len(parts) > 1 and parts[1] in LAYERS:
            assert parts[1] in allowed, f"{home} imports {name}"
        if parts[0] == "poollint_rules":
            assert home == "testing", f"{home} imports {name}"


@pytest.mark.parametrize("path", [p for p in MODULES if PACKAGE in p.parents], ids=named)
def test_libraries_stay_in_their_layer(path: Path) -> None:
    for name in imported(path):
        top = name.partition(".")[0]
        if top in CONFINED:
            assert layer(path) in CONFINED[top], f"{layer(path)} imports {name}"
        elif top not in ("poollint", "poollint_rules"):
            assert top in sys.stdlib_module_names, f"{name} is no declared dependency"


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.py")), ids=named)
def test_rules_import_only_what_poollint_exports(path: Path) -> None:
    import poollint

    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("poollint"):
            assert node.module == "poollint" or (node.module or "").startswith("poollint_rules")
            if node.module == "poollint":
                assert {alias.name for alias in node.names} <= set(poollint.__all__)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                assert alias.name.partition(".")[0] in sys.stdlib_module_names


def test_nothing_is_called_what_says_nothing() -> None:
    names = {path: set(path.stem.split("_")) | set(path.parent.name.split("_")) for path in MODULES}
    assert [named(path) for path, words in names.items() if words & FORBIDDEN] == []


def test_streams_clock_and_environment_belong_to_the_command_line() -> None:
    """The engine is given a clock; git's environment is the one exception."""
    for path in PACKAGE.rglob("*.py"):
        if layer(path) in ("cli", "testing", ""):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called != "print", named(path)
                assert not called.startswith(("time.", "sys.exit", "sys.std")), named(path)
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ":
                assert named(path) == "poollint/engine/files/disk.py"


def test_modules_and_functions_stay_short() -> None:
    """Beyond the aim it is told, so that it is seen; beyond the limit it fails."""
    for path in MODULES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= TOO_LONG_MODULE, f"{named(path)} has {lines} lines"
        if lines > LONG_MODULE:
            warnings.warn(f"{named(path)} has {lines} lines", stacklevel=1)
        for name, length in functions(path):
            assert length <= TOO_LONG_FUNCTION, f"{named(path)}: {name} has {length} lines"
            if length > LONG_FUNCTION:
                warnings.warn(f"{named(path)}: {name} has {length} lines", stacklevel=1)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function with the lines of its body, without its docstring."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--version"], {"libcst", "yaml", "tomlkit", "pgparse", "poollint.engine.session"}),
        (["check", "a.py"], {"libcst._nodes", "yaml", "tomlkit", "pgparse"}),
        (["check", "asked.py"], {"libcst._nodes", "yaml", "tomlkit", "pgparse"}),
    ],
)
def test_run_imports_only_what_it_needs(
    tmp_path: Path, arguments: list[str], absent: set[str]
) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "asked.py").write_text("import psycopg2\nfailed = psycopg2.connect.__doc__\n")
    (tmp_path / "b.yaml").write_text("x: 1\n")
    program = (
        "import sys\nfrom poollint.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, *sorted(sys.modules), file=sys.stderr)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    code, *modules = answer.stderr.splitlines()[-1].split()
    assert code == "0", answer.stderr
    assert absent.isdisjoint(modules)
