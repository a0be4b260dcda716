"""Who may import whom, what nothing may be called, and how long a module gets."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import poollint

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

OWN = sorted(PACKAGE.rglob("*.py"))
MODULES = [*OWN, *sorted(RULES.rglob("*.py"))]


@dataclass(frozen=True)
class Told:
    """What a module says of itself; its tree is not kept.

    imports    what it imports, names that may be modules included, typing included
    named      the dotted names that it reads, as in os.environ
    called     those of them that it calls
    functions  each with the lines of its body, without its docstring
    """

    imports: frozenset[str]
    named: frozenset[str]
    called: frozenset[str]
    functions: tuple[tuple[str, int], ...]


@cache
def told(path: Path) -> Told:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    assert not any(node.level for node in froms), f"{path}: relative import"
    calls = [(dotted(node.func), node.args) for node in nodes if isinstance(node, ast.Call)]
    later = {
        arg.value
        for name, args in calls
        for arg in args
        if name.endswith("import_module") and isinstance(arg, ast.Constant)
    }
    return Told(
        frozenset(
            {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
            | {node.module or "" for node in froms}
            | {f"{node.module}.{alias.name}" for node in froms for alias in node.names}
            | {name for name in later if isinstance(name, str)}
        ),
        frozenset(dotted(node) for node in nodes if isinstance(node, ast.Attribute)),
        frozenset(name for name, _ in calls),
        tuple(
            (node.name, length(node))
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
    )


def dotted(node: ast.expr) -> str:
    """Return a name with dots, "" for what is none."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def layer(path: Path) -> str:
    """Return the layer of a module of the package, "" for the package itself."""
    return path.relative_to(PACKAGE).parts[0] if path.parent != PACKAGE else ""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_layers_import_only_those_below() -> None:
    for path in OWN:
        home = layer(path)
        if home == "":
            continue
        assert home in LAYERS, f"{home} is no layer"
        allowed = {home, *LAYERS[home]}
        for name in told(path).imports:
            parts = name.split(".")
            if parts[0] == "poollint" and len(parts) > 1 and parts[1] in LAYERS:
                assert parts[1] in allowed, f"{named(path)} imports {name}"
            if parts[0] == "poollint_rules":
                assert home == "testing", f"{named(path)} imports {name}"


def test_libraries_stay_in_their_layer() -> None:
    for path in OWN:
        for name in told(path).imports:
            top = name.partition(".")[0]
            if top in CONFINED:
                assert layer(path) in CONFINED[top], f"{named(path)} imports {name}"
            elif top not in ("poollint", "poollint_rules"):
                assert top in sys.stdlib_module_names, f"{named(path)}: {name} is not declared"


def test_rules_import_only_what_poollint_exports() -> None:
    for path in RULES.rglob("*.py"):
        for name in told(path).imports:
            top, _, rest = name.partition(".")
            if top == "poollint":
                assert not rest or rest in poollint.__all__, f"{named(path)} imports {name}"
            elif top != "poollint_rules":
                assert top in sys.stdlib_module_names, f"{named(path)} imports {name}"


def test_nothing_is_called_what_says_nothing() -> None:
    names = {path: set(path.stem.split("_")) | set(path.parent.name.split("_")) for path in MODULES}
    assert [named(path) for path, words in names.items() if words & FORBIDDEN] == []


def test_streams_clock_and_environment_belong_to_the_command_line() -> None:
    """The engine is given a clock; git's environment is the one exception."""
    for path in OWN:
        if layer(path) in ("cli", "testing", ""):
            continue
        for called in told(path).called:
            assert called != "print", named(path)
            assert not called.startswith(("time.", "sys.exit", "sys.std")), named(path)
        if "os.environ" in told(path).named:
            assert named(path) == "poollint/engine/files/disk.py"


def test_modules_and_functions_stay_short() -> None:
    """Beyond the aim it is told, so that it is seen; beyond the limit it fails."""
    for path in MODULES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= TOO_LONG_MODULE, f"{named(path)} has {lines} lines"
        if lines > LONG_MODULE:
            warnings.warn(f"{named(path)} has {lines} lines", stacklevel=1)
        for name, long in told(path).functions:
            assert long <= TOO_LONG_FUNCTION, f"{named(path)}: {name} has {long} lines"
            if long > LONG_FUNCTION:
                warnings.warn(f"{named(path)}: {name} has {long} lines", stacklevel=1)


# What a run over a manifest that says little has nothing to do with.
_ROOMS = {
    "poollint.engine.settings.settings_table", "poollint.reading.connections",
    "poollint.reading.deployment.compose.compose", "poollint.reading.deployment.ecosystems.node",
    "poollint.reading.deployment.ecosystems.spring", "poollint.reading.deployment.formats.hosting",
    "poollint.reading.deployment.formats.stack", "poollint.reading.deployment.helm.rendering",
    "poollint.reading.deployment.pools.orm_pools", "poollint.reading.deployment.programs.pm2",
    "poollint.reading.deployment.terraform.plan", "poollint.reading.deployment.terraform.read",
    "poollint.reading.naming.files.exports", "poollint.reading.naming.scopes.names",
    "poollint.reading.screen", "poollint.reading.settings.postgresql",
    "poollint.syntax.gotemplate", "poollint.syntax.hcl", "poollint.syntax.sql",
}  # fmt: skip
_ELSEWHERE = {"libcst._nodes", "tomlkit", "tomllib", "pgparse", "importlib.metadata", "pathlib"}
_TEXTS = {
    "a.py": "x = 1\n",
    "asked.py": "import psycopg2\nfailed = psycopg2.connect.__doc__\n",
    "b.yaml": "x: 1\n",
    "c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
}


@pytest.mark.parametrize(
    ("arguments", "most", "absent"),
    [
        (["--version"], 15, {"libcst", "yaml", "tomlkit", "pgparse", "poollint.engine.session"}),
        (["check", "a.py"], 230, {"yaml", *_ELSEWHERE}),
        (["check", "asked.py"], 450, {"libcst._nodes", "yaml", "tomlkit", "pgparse"}),
        (["audit", "b.yaml"], 250, {"yaml", *_ELSEWHERE}),
        (["audit", "c.yaml"], 320, {"yaml", *_ELSEWHERE, *_ROOMS}),
    ],
)
def test_run_imports_only_what_it_needs(
    tmp_path: Path, arguments: list[str], most: int, absent: set[str]
) -> None:
    """Modules that wait for their use (`engine.loading`) are not imported yet."""
    for name, text in _TEXTS.items():
        if arguments[0] != "audit" or name in arguments:  # else what lies around is read as well
            (tmp_path / name).write_text(text)
    program = (
        "import sys\nfrom poollint.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "from poollint.engine.loading import Waiting\n"
        "loaded = (name for name, one in sys.modules.items() if type(one) is not Waiting)\n"
        "print(code, *sorted(loaded), file=sys.stderr)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    code, *modules = answer.stderr.splitlines()[-1].split()
    assert code == "0", answer.stderr
    assert absent & set(modules) == set()
    assert len([name for name in modules if name.startswith("poollint")]) <= most
