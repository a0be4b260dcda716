"""What is known of a function from outside its body: tests, scripts, context managers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from poollint.facts.code import Recurrence
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import MANAGERS, Called, decorator_name, dotted, of_ast
from poollint.reading.running.once.lasting import endless_loops
from poollint.syntax.nodes import walk

_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|test_[^/]*|tests\.py|[^/]*_test\.py|conftest\.py"
    r"|features/steps|step_defs|features/environment\.py)(?:/|$)"  # behave, pytest-bdd
)
# The project's own tools lie at its root; in a package, they are what a language model calls.
_ONCE = re.compile(
    r"(?:^|/)(?:migrations?|alembic|scripts?|bin|examples?|benchmarks?|management/commands)/"
    r"|^tools/|(?:^|/)(?:fabfile|noxfile)\.py$"
)
_PAPERS = re.compile(r"(?:^|/)(?:docs?|notebooks?)/")  # products keep notebooks of users, too
_SETUP = re.compile(r"(?:^|/)setup\.py$")
_BUILDING = frozenset({"setuptools", "distutils", "skbuild", "numpy"})
_MANAGE = re.compile(r"(?:^|/)manage\.py$")
_MIGRATION = frozenset({"alembic.op", "alembic.context"})
COMMANDS = frozenset({"command line", "management command"})
"""Why a function runs only once: the process ends with it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of a function from outside its body.

    quiet   nobody waits for its connections: a test, a migration, a script's own functions, but
            for what loops call that only end with the script
    throws  its `yield` may raise: a context manager, a dependency
    resumed after its `yield` it always goes on: a pytest fixture
    aside   it belongs to a test, a migration, an example or a script
    loops   first and last lines of its loops that only end with the script
    ending  it is quiet only because a script of its file runs it: others may, too
    """

    quiet: bool = False
    throws: bool = False
    resumed: bool = False
    aside: bool = False
    loops: tuple[tuple[int, int], ...] = ()
    ending: bool = False

    def quiet_at(self, line: int) -> bool:
        """Tell whether nobody waits for a connection that is taken, or kept, at a line."""
        return self.quiet and not any(first <= line <= last for first, last in self.loops)


def is_test(path: str) -> bool:
    """Tell whether a file holds tests, by its path."""
    return bool(_TEST.search(path))


def _runs_once(path: str, names: Names) -> bool:
    """Tell whether a file is a migration, an example, a script or the like, by its path."""
    papers = _PAPERS.search(path)
    return bool(_ONCE.search(path)) or (
        papers is not None and not _is_app(path[papers.end() :], names)
    )


def _is_app(inside: str, names: Names) -> bool:
    """Tell whether a folder is an app of Django, of which a file stands `inside` it.

    It has models of its own, and the file has them, or imports one of them.
    """
    folder = names.outside.path.removesuffix(inside)
    beside = (names.outside.find(name) for name in names.imports.values() if "models" in name)
    return any(
        one.outside.path.startswith((f"{folder}models.py", f"{folder}models/"))
        and any(name.startswith("django.db.") for name in one.imports.values())
        for one in (names, *(found[0] for found in beside if found is not None))
    )


def _is_script(path: str, names: Names, module: ast.Module) -> bool:
    """Tell whether a file is the project's `setup.py` or `manage.py`, no module so called."""
    if _SETUP.search(path):
        return any(name.partition(".")[0] in _BUILDING for name in names.imports.values())
    own = any(isinstance(node, ast.If) and _asks_name(node.test) for node in module.body)
    return own and _MANAGE.search(path) is not None


def surroundings(
    module: ast.Module, path: str, names: Names, runs: dict[str, Recurrence | str]
) -> dict[str, Surroundings]:
    """Return what is known of each function of a module, by qualified name.

    The statements of the module itself stand under "".
    """
    migration = any(name.partition(".")[0] == "alembic" for name in names.imports.values())
    outside = is_test(path) or _runs_once(path, names) or _is_script(path, names, module)
    quiet = migration or outside
    # An application imports Alembic to run its migrations; a migration imports these.
    aside = outside or not _MIGRATION.isdisjoint(names.imports.values())
    begun = [(node, "") for node in _started(module)]
    commands = [name for name, run in runs.items() if run in COMMANDS and name in names.functions]
    begun += [(names.functions[name], name) for name in commands]
    script = _reached(begun, names)
    loops = {name: endless_loops(names.functions[name]) for name in script}
    blocks = [(endless_loops(node), "") for node, _ in begun if isinstance(node, ast.If)]
    blocks += [(loops[name], name) for name in script]
    again = _reached([(part, name) for whole, name in blocks for loop in whole
                      for part in loop.body], names)  # fmt: skip
    found = {"": Surroundings(quiet=quiet, aside=aside)}
    for name, node in names.functions.items():
        decorators = {decorator_name(decorator) for decorator in node.decorator_list}
        fixture = "fixture" in decorators
        run = runs.get(name)
        outside_loops = name in script and not run and name not in again
        lasting = () if quiet or fixture else loops.get(name, ())
        command = run in COMMANDS
        found[name] = Surroundings(
            quiet=quiet or fixture or isinstance(run, str) or outside_loops,
            throws=bool(decorators & MANAGERS) or (_dependency(run) and not fixture),
            resumed=fixture,
            aside=aside or fixture or run in ("test", "migration"),
            loops=tuple((loop.lineno, loop.end_lineno or loop.lineno) for loop in lasting),
            ending=not (quiet or fixture) and (outside_loops or command),
        )
    return found


def _dependency(run: Recurrence | str | None) -> bool:
    """Tell whether a framework resumes the generator, or throws into it (`Depends`)."""
    return isinstance(run, Recurrence) and run.framework in {"FastAPI", "Litestar"}


def _started(module: ast.Module) -> list[ast.AST]:
    """Return what a script runs: its `__main__` block, and the calls it consists of."""
    return [
        node
        for node in module.body
        if (isinstance(node, ast.If) and _asks_name(node.test))
        or (isinstance(node, ast.Expr) and _runs(node.value))
    ]


def _asks_name(test: ast.expr) -> bool:
    return any(isinstance(n, ast.Name) and n.id == "__name__" for n in walk(test))


def _runs(node: ast.expr) -> bool:
    """Tell whether an expression is `main()`, `asyncio.run(main())` or the like."""
    if not isinstance(node, ast.Call):
        return False
    name = dotted(of_ast(node.func)).rpartition(".")[2]
    if name in {"run", "run_until_complete"}:
        return any(isinstance(argument, ast.Call | ast.Name) for argument in node.args)
    return isinstance(node.func, ast.Name)


def _reached(begun: list[tuple[ast.AST, str]], names: Names) -> frozenset[str]:
    """Return the functions of a script that what is begun, each in its scope, leads to."""
    todo = list(begun)
    found: set[str] = set()
    while todo:
        node, scope = todo.pop()
        for name in _mentioned(node, scope, names):
            if name not in found:
                found.add(name)
                todo.append((names.functions[name], name))
    return frozenset(found)


def _mentioned(node: ast.AST, scope: str, names: Names) -> Iterator[str]:
    for inner in walk(node):
        if isinstance(inner, ast.Name | ast.Attribute):
            name = names.function(of_ast(inner), scope)
            if name:
                yield name
            elif isinstance(inner, ast.Name):
                yield from _listed(inner.id, scope, names)
        elif isinstance(inner, ast.Call):
            made = of_ast(inner)  # an instance of a class here: its methods run too
            text = dotted(made.callee) if isinstance(made, Called) else ""
            if text in names.classes:
                yield from (f for f in names.functions if f.startswith(f"{text}."))


def _listed(text: str, scope: str, names: Names) -> Iterator[str]:
    """Yield the functions in a table of the module: `COMMANDS = {"count": count}`."""
    holder = names.scope(scope).holder(text)
    for binding in holder.bound[text] if holder is not None and not holder.name else ():
        value = binding.value if binding.how == "=" and not binding.where else None
        listed = value.values if isinstance(value, ast.Dict) else getattr(value, "elts", ())
        for one in listed:
            name = names.function(of_ast(one), "") if isinstance(one, ast.Name) else ""
            if name:
                yield name
