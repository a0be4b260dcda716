"""What `make run`, `just run` and `poetry run NAME` start, by what a file of the tree says.

Sources: gnu.org/software/make/manual (Rules, Recipe Execution, Options Summary: `-C`, `-f`, the
first target where none is named; a variable of the environment counts before `?=` alone);
just.systems/man (recipes, `{{name}}`, `--working-directory`, the first recipe where none is named);
packaging.python.org, pyproject.toml (`scripts`: a module and its function); python-poetry.org, pdm,
poethepoet and taskipy (tasks).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from posixpath import basename, dirname, join, normpath

from poollint.facts.infrastructure import Variable
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.deployment.linking.deployed import Placed, Unit, side_by_side
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.variables import environment, expand
from poollint.reading.deployment.programs import commands
from poollint.reading.deployment.programs.commands import Run
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import toml

MAX_STEPS = 8
_SCRIPT = "script"
_INCIDENTAL = "launch"  # what such a file says counts only where a container starts it
_STARTS = re.compile(
    rb"\b(?:gunicorn|uvicorn|hypercorn|granian|daphne|celery|uwsgi|dramatiq|waitress-serve|python[\d.]*"
    rb"|flask|fastapi|rq|huey|arq|npm|yarn|pnpm|node|bun|puma|rails|sidekiq|mix|php-fpm[\d.]*|java"
    rb"|poetry|pipenv|uv|pdm|hatch)\b"
)
_RULE = re.compile(r"(?P<names>[\w.%/-]+(?:[ \t]+[\w.%/-]+)*)[ \t]*::?(?![:=])")
_ASSIGNED = re.compile(
    r"(?:export[ \t]+)?(?P<name>\w+)[ \t]*(?P<sign>\?=|:{0,3}=)[ \t]*(?P<text>.*)"
)
_RECIPE = re.compile(r"@?(?P<name>[A-Za-z_][\w-]*)(?P<rest>(?:[ \t][^:\n]*)?):(?!=)")
_MADE = re.compile(r"\$\((\w+)\)")
_PUT_IN = re.compile(r"\{\{-?[ \t]*(\w+)[ \t]*\}\}")
_TOOLS = {"make": "make", "gmake": "make", "just": "just", "poe": _SCRIPT, "task": _SCRIPT}
# Where a pyproject.toml has commands by name.
_TABLES = (
    ("project", "scripts"), ("tool", "poetry", "scripts"), ("tool", "pdm", "scripts"),
    ("tool", "poe", "tasks"), ("tool", "taskipy", "tasks"),
)  # fmt: skip
_ENTRY = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.\w+)*):[\w.]+")
_FOLDERS = frozenset(("-C", "--directory", "-d", "--working-directory"))
_FILES = frozenset(("-f", "--file", "--makefile", "--justfile"))
_VALUES = frozenset(("-j", "-l", "-o", "-W", "--jobs"))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a file runs under a name, as a script of a shell."""

    name: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A makefile, or one of just's.

    assigned  its variables, each with its text, and whether the environment counts before it
    """

    source: SourceFile
    tool: str
    recipes: tuple[Recipe, ...]
    assigned: tuple[tuple[str, str, bool], ...]


# --- What a file says ------------------------------------------------------------------------


def of_makefile(source: SourceFile) -> RecipeFile | None:
    """Return the recipes of a makefile, None where none of them starts a known program."""
    assigned: list[tuple[str, str, bool]] = []
    found: list[tuple[list[str], int, list[str]]] = []
    for number, row in enumerate(source.text.split("\n"), 1):
        if row.startswith("\t"):
            for _, _, rows in found[-1:]:
                rows.append(_row(row.strip(), rows, "@-+"))
            continue
        rule, given = _RULE.match(row), _ASSIGNED.match(row)
        if given and not (rule and given["sign"] == ""):
            text = given["text"].partition(" #")[0].strip()
            assigned.append((given["name"], _shell(text), given["sign"] == "?="))
        elif rule:
            names = [name for name in rule["names"].split() if not name.startswith(".")]
            found.append((names, number, []))
    return _file(source, "make", found, assigned)


def _row(text: str, before: list[str], signs: str) -> str:
    """Return a line without the signs that say how it is run, where a line begins with it."""
    goes_on = bool(before) and before[-1].endswith("\\")
    return text if goes_on else text.lstrip(signs)


def _shell(text: str) -> str:
    """Return a line of a makefile as a shell has it: `$(NAME)` is a variable, `$$` a dollar."""
    text = text.replace("$(MAKE)", "make").replace("${MAKE}", "make")
    return _MADE.sub(r"${\1}", text).replace("$$", "$")


def of_justfile(source: SourceFile) -> RecipeFile | None:
    """Return the recipes of a justfile, None where none of them starts a known program."""
    assigned: list[tuple[str, str, bool]] = []
    found: list[tuple[list[str], int, list[str]]] = []
    for number, row in enumerate(source.text.split("\n"), 1):
        rule, given = _RECIPE.match(row), _ASSIGNED.match(row)
        if row[:1] in (" ", "\t"):
            if found:
                text = _PUT_IN.sub(r"${\1}", row.strip())
                found[-1][2].append(_row(text, found[-1][2], "@-"))
        elif given and given["sign"] == ":=":
            assigned.append((given["name"], given["text"].strip().strip("'\""), False))
        elif rule:
            found.append(([rule["name"]], number, []))
            defaults = re.findall(r"(\w+)=[\"']?([\w.:/-]+)", rule["rest"])
            assigned += ((name, text, False) for name, text in defaults)
    return _file(source, "just", found, assigned)


def of_pyproject(source: SourceFile) -> RecipeFile | None:
    """Return the commands that a project has by name, None where it has none."""
    root = toml.parse(source)
    if isinstance(root, Unreadable):
        return None
    found: list[Recipe] = []
    for path in _TABLES:
        node: toml.Node | None = root
        for name in path:
            node = node.value.get(name) if node and isinstance(node.value, Mapping) else None
        items = node.value.items() if node and isinstance(node.value, Mapping) else ()
        for name, value in items:
            if isinstance(value.value, Mapping):  # `{cmd = "…"}`
                value = value.value.get("cmd") or value.value.get("shell") or value
            if isinstance(value.value, str):
                entry = _ENTRY.fullmatch(value.value)
                text = f"python -m {entry['module']}" if entry else value.value
                found.append(Recipe(name, text, value.span))
    return RecipeFile(source, _SCRIPT, tuple(found), ()) if found else None


def _file(
    source: SourceFile, tool: str, found: list[tuple[list[str], int, list[str]]],
    assigned: list[tuple[str, str, bool]],
) -> RecipeFile | None:  # fmt: skip
    recipes: list[Recipe] = []
    for names, number, rows in found:
        span = Span.at(source.path, number, width=len(source.line(number)))
        text = _shell("\n".join(rows)) if tool == "make" else "\n".join(rows)
        recipes += (Recipe(name, text, span) for name in names)
    starts = any(_STARTS.search(row.encode(errors="replace")) for *_, rows in found for row in rows)
    return RecipeFile(source, tool, tuple(recipes), tuple(assigned)) if starts else None


def _read(source: SourceFile, options: Options) -> FileReading:
    project = source.path.endswith(".toml")
    found = of_pyproject(source) if project else of_justfile(source)
    return FileReading(source.path, _INCIDENTAL, documents=(found,) if found else ())


def _claims(path: str) -> bool:
    return basename(path).lower() in ("justfile", ".justfile", "pyproject.toml")


def _screen(data: bytes, options: Options) -> bool:
    return b"scripts" in data or b"tasks" in data or may_start(data)


def may_start(data: bytes) -> bool:
    """Tell whether a file of recipes may start a known program."""
    return _STARTS.search(data) is not None


READER = Reader(_INCIDENTAL, python=False, claims=_claims, screen=_screen, read=_read)


# --- What a container runs -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a command asks of such a program: a recipe ("" for the first), and where."""

    tool: str
    name: str
    folder: str
    file: str
    given: tuple[tuple[str, str], ...]


class Recipes:
    """The files of recipes of a tree."""

    def __init__(self, documents: Iterable[object]) -> None:
        self._files = tuple(d for d in documents if isinstance(d, RecipeFile))
        self._sources = {file.source.path: file.source for file in self._files}

    def followed(self, placed: Placed) -> Placed:
        """Return what runs, each container with what stands behind the recipe it names."""
        if not self._files:
            return placed
        return placed.of(found for unit in placed.units for found in self._started(unit))

    def _started(self, unit: Unit) -> tuple[Unit, ...]:
        process = unit.container.process
        if not unit.argv or not unit.container.build or (process and process.tool):
            return (unit,)
        run, folder = Run(unit.argv, environment(unit.container.variables), False), ""
        for _ in range(MAX_STEPS):
            asked = _asked(run)
            if asked is None:
                break
            folder = normpath(join(folder, asked.folder)) if asked.folder else folder
            file = self._file(unit, asked, folder)
            recipe = _recipe(file, asked.name) if file else None
            if (file is None or recipe is None) and asked.tool == _SCRIPT:
                break
            if file is None or recipe is None:
                return (unit,)
            run = Run(commands.line(recipe.text, recipe.span), _scope(file, asked, run), False)
        if run.parts == unit.argv:
            return (unit,)
        found = commands.processes(run.parts, run.scope, self._sources)
        return side_by_side(replace(unit, argv=run.parts, replaced=True), found)

    def _file(self, unit: Unit, asked: _Asked, folder: str) -> RecipeFile | None:
        """Return the file that a container's command reads: that of the folder it starts in."""
        build = normpath(unit.container.build)
        inside = [f for f in self._files if f.tool == asked.tool and _within(f, build)]
        if asked.file:
            inside = [f for f in inside if basename(f.source.path) == basename(asked.file)]
        home = normpath(join(build, folder.lstrip("/")))
        here = [f for f in inside if _home(f) == home]
        found = here or [f for f in inside if f"/{_home(f)}".endswith(f"/{folder}")] or inside
        return found[0] if len(found) == 1 else None


def _within(file: RecipeFile, build: str) -> bool:
    return build == "." or _home(file) == build or _home(file).startswith(f"{build}/")


def _home(file: RecipeFile) -> str:
    return normpath(dirname(file.source.path) or ".")


def _recipe(file: RecipeFile, name: str) -> Recipe | None:
    if not name and file.tool != _SCRIPT:
        return file.recipes[0] if file.recipes else None
    return next((r for r in file.recipes if r.name == name and r.text), None)


def _asked(run: Run) -> _Asked | None:
    """Return what the last program that a command starts is asked to run."""
    runs = [one.parts for one in commands.programs(run.parts, run.scope, {}) if one.parts]
    words = [part.text for part in runs[-1]] if runs else []
    tool = _TOOLS.get(basename(words[0]), "") if words else ""
    if not tool:  # the name of a command that the project installs
        return _Asked(_SCRIPT, words[0], "", "", ()) if words else None
    name = folder = file = before = ""
    given: list[tuple[str, str]] = []
    for word in words[1:]:
        option, equals, value = word.partition("=")
        if before in _FOLDERS or (option in _FOLDERS and equals):
            folder = value or word
        elif before in _FILES or (option in _FILES and equals):
            file = value or word
        elif before in _VALUES or word.startswith("-"):
            pass
        elif equals:
            given.append((option, value))
        else:
            name = name or word
        waits = word.startswith("-") and not equals
        before = word if waits and word in _FOLDERS | _FILES | _VALUES else ""
    return _Asked(tool, name, folder, file, tuple(given))


def _scope(file: RecipeFile, asked: _Asked, around: Run) -> dict[str, Variable]:
    """Return the variables that a recipe knows: those of its file, and what the command gives."""
    scope = dict(around.scope)
    told = ((name, text, False) for name, text in asked.given)
    for name, text, weak in (*file.assigned, *told):
        if not (weak and name in around.scope):
            word = expand(Part(text, Span.at(file.source.path)), scope)
            scope[name] = Variable(name, word)
    return scope
