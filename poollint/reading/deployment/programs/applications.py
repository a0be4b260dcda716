"""What the application that a command names consists of: the files it imports, its settings.

A file that the application never imports builds no pool in its processes. Where a file imports
by a name in a text of which its code does not tell enough (`import_module`, Django's settings,
Celery's discovery), nothing is concluded.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from posixpath import basename, normpath
from typing import TYPE_CHECKING

from poollint.facts.infrastructure import Container, Process
from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.linking.variables import environment, unknown
from poollint.reading.deployment.programs import (
    celery_apps,
    evaluating,
    gunicorn_apps,
    uvicorn_runs,
)
from poollint.reading.naming.scopes import shapes
from poollint.syntax import nodes

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports
    from poollint.reading.naming.scopes.names import Names
    from poollint.syntax.python import PythonTree

MAX_FILES = 3000
_ROLES = ("web", "script")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_BY_NAME = re.compile(
    rb"\b(?:import_module|__import__|import_string|pkgutil|entry_points|autodiscover|load_module"
    rb"|exec_module|scan_modules|importlib|DJANGO_SETTINGS_MODULE"
    # Parts of Django that work without its applications being set up.
    rb"|django(?!\.(?:core\.(?:cache|exceptions|mail|signing)|http|utils)\b))\b"
)
_NAMING = frozenset((b"import_module", b"__import__", b"importlib", b"pkgutil"))
_DJANGO = re.compile(rb"\b(?:DJANGO_SETTINGS_MODULE|django\.core|django\.setup)\b")
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_FALLBACK = re.compile(rb"""DJANGO_SETTINGS_MODULE["'],\s*["']([A-Za-z_][\w.]*)["']""")
_THREADED = ("sync", "gthread")  # classes of gunicorn whose workers run `threads` things at once
_SEVERAL = ast.Constant(...)  # stands for a setting that is stated more than once, or altered
_IMAGE_HOMES = ("/app/", "/code/", "/src/", "/srv/", "/opt/app/", "/usr/src/app/")


class Applications:
    """The applications of a project, by the containers that start them."""

    def __init__(self, exports: Callable[[], Exports]) -> None:
        """Ask for what files offer each other where a container runs Python."""
        self._offers = exports
        self._reached: dict[str, tuple[frozenset[str], bool]] = {}
        self._found: dict[tuple[tuple[str, ...], str], str] = {}

    @property
    def _exports(self) -> Exports:
        return self._offers()

    def imported(self, container: Container) -> frozenset[str] | None:
        """Return the files that the process of a container imports; None where it is not sure."""
        process = container.process
        if process and process.tool == celery_apps.TOOL and process.application:
            return self._of_celery(container, process.application)
        if process is None or process.role not in _ROLES or not process.application:
            return None
        reached, sure = self._imports(container, process.application.partition(":")[0])
        return reached if sure else None

    def _of_celery(self, container: Container, application: str) -> frozenset[str] | None:
        """Return the files that a worker of Celery imports, with the modules of its tasks."""
        named, colon, _ = application.partition(":")
        # Without a colon it may be a package with a module of that name, or what one defines.
        usual = (named,) if colon else (f"{named}.celery", named, named.rpartition(".")[0])
        every = (self._imports(container, name) for name in usual if name)
        found, sure = next((pair for pair in every if pair[0]), (frozenset[str](), False))
        listing = importlib.import_module("poollint.reading.deployment.programs.celery_tasks")
        for name in container.process.included if container.process else ():
            more, known = self._imports(container, name.strip())
            found, sure = found | more, sure and known  # what is not in the tree may be any
        waiting = set(found)
        while sure and waiting:
            tasks = listing.included(sorted(waiting), self._exports.files)
            if tasks is None:
                return None
            waiting = set()
            for path, name in tasks:
                at = self._exports.files.find(path, name)
                reached, sure = self._entered(normpath(at[0])) if at and sure else (found, False)
                waiting |= reached - found
            found |= waiting
        return found if sure else None

    def loaded(self, container: Container) -> frozenset[str]:
        """Return the files that the module of a command imports for certain, more or less.

        Without a colon its last name may be what is defined there (`celery -A shop.tasks.app`).
        """
        process = container.process
        application = process.application.partition(":")[0] if process else ""
        if not application or application.endswith(".py"):
            return frozenset()
        whole, _ = self._imports(container, application)
        return whole or self._imports(container, application.rpartition(".")[0])[0]

    def started(self, container: Container, handler: str = "") -> frozenset[str]:
        """Return the files that a container is known to load: those of its command or handler."""
        process = container.process
        if not handler and (process is None or process.role == "other" or not process.application):
            return frozenset()
        if handler:
            return self._imports(container, handler)[0]
        named = process.application.partition(":")[0] if process else ""
        return self._imports(container, named)[0] or self.loaded(container)

    def mentions(self, paths: frozenset[str], function: str) -> bool:
        """Tell whether files speak of a function besides defining it: its last name counts."""
        name = re.escape(function.rpartition(".")[2].encode())
        said = re.compile(rb"(?<!def )\b" + name + rb"\b")
        return any(said.search(self._exports.files.data(path)) for path in paths)

    def calls(self, paths: frozenset[str], name: str) -> int:
        """Return how often files call what has a name, or hand it on."""
        word = re.escape(name.encode())
        said = re.compile(rb"(?<!def )(?<!import )\b" + word + rb"\b(?=\s*[(,)])")
        return sum(len(said.findall(self._exports.files.data(path))) for path in paths)

    def may_call(self, paths: frozenset[str], function: str) -> bool:
        """Tell whether files speak of a function, a method of its class too, and mean no other.

        Of what makes an object its class is spoken of. A function whose name several files define
        may be another's.
        """
        above, _, name = function.removesuffix(".__init__").rpartition(".")
        defined = re.compile(rb"\bdef " + re.escape(name.encode()) + rb"\b")
        data = self._exports.files.data
        if not above and sum(defined.search(data(path)) is not None for path in paths) > 1:
            return False
        return all(self.mentions(paths, one) for one in (above, name) if one)

    def run_django(self, container: Container) -> bool:
        """Tell whether what a container starts is known to set Django up."""
        data = self._exports.files.data
        return any(_DJANGO.search(data(path)) for path in self.started(container))

    def settings(self, container: Container, complete: bool) -> str:
        """Return the module of Django's settings that a container takes, "" where not known.

        Its variable says so, else what it starts: where all of its variables are known.
        """
        stated = environment(container.variables).get(_SETTINGS)
        if stated is not None:
            return stated.value.value or ""
        if not complete:
            return ""
        data = self._exports.files.data
        found = {m[1] for p in self.started(container) for m in _FALLBACK.finditer(data(p))}
        return found.pop().decode() if len(found) == 1 else ""

    def is_named(self, variable: str) -> bool:
        """Tell whether code of the project may name a variable; a prefix may be put before all.

        What libpq reads by itself, and what nested settings are made of, no code needs to name.
        """
        if variable.startswith("PG") or "__" in variable:
            return True
        parts = variable.lower().split("_")
        words = ("_".join(parts[at:]) for at in range(max(len(parts) - 1, 1)))
        found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.I)
        files = self._exports.files.passing(
            f"names the variable {variable}", lambda text: found.search(text) is not None
        )
        return next(iter(files), None) is not None

    def _imports(self, container: Container, application: str) -> tuple[frozenset[str], bool]:
        """Return what a module of the project imports, and whether that is all of it."""
        entry = self._file(_endings(application), container.build) if application else ""
        if not entry:
            return frozenset(), False
        return self._entered(entry)

    def _entered(self, entry: str) -> tuple[frozenset[str], bool]:
        if entry not in self._reached:
            self._reached[entry] = self._follow(entry)
        return self._reached[entry]

    def is_elsewhere(self, container: Container) -> bool:
        """Tell whether its command names a module that no file of the project is."""
        application = container.process.application if container.process else ""
        name, colon, _ = application.partition(":")
        script = name.endswith(".py")
        if not script and not _DOTTED.fullmatch(name):
            return False
        # Without a colon the last names may be what is defined there (`shop.jobs.Settings`).
        path = basename(name) if script else name.replace(".", "/") if colon else name.split(".")[0]
        whole = (f"/{path}",) if script else (f"/{path}.py",)
        return not any(
            f"/{file}".endswith(whole) or (not script and f"/{path}/" in f"/{file}")
            for file in self._exports.files.below("")
        )

    def _follow(self, entry: str) -> tuple[frozenset[str], bool]:
        """Return the files that are imported, up to the first that leaves it open which."""
        seen: set[str] = set()
        waiting = [entry, *self._packages(entry)]
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            tree = self._exports.files.tree(path)
            named = self._named(path, tree.module) if tree else None
            if tree is None or named is None or len(seen) > MAX_FILES:
                return frozenset((*seen, *waiting)), False
            for other in named:
                waiting += [other, *self._packages(other)]
            for name in _imports(tree.module):
                found = self._exports.files.find(path, name)
                if found:
                    waiting += [normpath(found[0]), *self._packages(found[0])]
        return frozenset(seen), True

    def _named(self, path: str, module: ast.Module) -> tuple[str, ...] | None:
        """Return the files that a file imports by their names, None where they may be any."""
        words = set(_BY_NAME.findall(self._exports.files.data(path)))
        if not words:
            return ()
        if not words <= _NAMING:
            return None
        naming = importlib.import_module("poollint.reading.deployment.programs.named_imports")
        found: tuple[str, ...] | None = naming.named(path, module, self._exports.files)
        return found

    def _packages(self, path: str) -> Iterator[str]:
        """Yield the packages around a file, which are imported before it."""
        folder = normpath(path).rpartition("/")[0]
        while folder:
            package = f"{folder}/__init__.py"
            if not self._exports.files.data(package):
                return
            yield package
            folder = folder.rpartition("/")[0]

    def _file(self, endings: tuple[str, ...], build: str) -> str:
        """Return the one file of the project with such an ending in `build`, "" else."""
        home = normpath(build) if build else "."
        if (endings, home) not in self._found:
            below = self._exports.files.below("" if home == "." else f"{home}/")
            found = {p for p in below if any(f"/{p}".endswith(f"/{e}") for e in endings)}
            self._found[endings, home] = found.pop() if len(found) == 1 else ""
        return self._found[endings, home]

    def workers(self, container: Container) -> Figure | None:
        """Return what the configuration file of a container's gunicorn says of its workers.

        None where no such file is in the tree, or it leaves the number to others.
        """
        config = self._config(container)
        return config.figure("workers") if config else None

    def process(self, container: Container) -> Process | None:
        """Return the process of a container, with what the files it reads say of it.

        Those are gunicorn's threads, and the workers of Celery. A program that starts gunicorn
        itself becomes that.
        """
        if container.process and container.process.tool == "python":
            return self._started(container, container.process) or container.process
        if container.process and container.process.tool == celery_apps.TOOL:
            return celery_apps.configured(container.process, container, self._exports)
        process, config = container.process, self._config(container)
        if process is None or config is None:
            return process
        kind = process.kind or config.text("worker_class")
        if kind is not None and kind not in _THREADED:
            return process if process.kind else replace(process, threads=None)
        if process.threads and process.threads.basis is Basis.STATED:
            return process
        one = Figure.defaulted(1, "threads", "gunicorn default")
        return replace(process, threads=config.figure("threads") or one)

    def _started(self, container: Container, process: Process) -> Process | None:
        """Return what a program in Python starts: uvicorn, or an application of gunicorn."""
        main = f"{process.application.replace('.', '/')}/__main__.py"  # what `-m` runs of it
        entry = self._file((main,), container.build) if process.application else ""
        entry = entry or self._file(_endings(process.application), container.build)
        if entry and uvicorn_runs.MARK in self._exports.files.data(entry):
            names, tree = self._exports.names(entry), self._exports.files.tree(entry)
            run = uvicorn_runs.Program(entry, names, tree, container) if names and tree else None
            served = run.process(process) if run else None
            name = served.application.partition(":")[0] if served else ""
            if served and self._file(_endings(name), container.build):
                return served
        reached, _ = self._imports(container, process.application) if entry else (frozenset(), 0)
        for path in dict.fromkeys((entry, *sorted(reached))) if entry else ():
            if gunicorn_apps.MARK not in self._exports.files.data(path):
                continue
            names, tree = self._exports.names(path), self._exports.files.tree(path)
            if names and tree:
                program = gunicorn_apps.Program(path, names, tree, container)
                return program.process(process)
        return None

    def _config(self, container: Container) -> _Config | None:
        """Return the file that a container's gunicorn reads, None where it is not in the tree.

        It is the one it is told, or `gunicorn.conf.py` where it starts (gunicorn 27,
        `app/base.py`).
        """
        process = container.process
        if process is None or process.tool != "gunicorn":
            return None
        path = self._file(_endings(process.config or "gunicorn.conf.py"), container.build)
        names = self._exports.names(path) if path else None
        tree = self._exports.files.tree(path) if path else None
        return _Config(path, names, tree, container, process) if names and tree else None


@dataclass(frozen=True, slots=True)
class _Config:
    """A configuration file of gunicorn, and what reads it."""

    path: str
    names: Names
    tree: PythonTree
    container: Container
    process: Process

    def figure(self, name: str) -> Figure | None:
        """Return the number of a setting, None where the file does not state it."""
        last = self._stated(name)
        if last is None:
            return None
        if last is _SEVERAL:
            return unknown(name, self.process.span, self.path)
        at = evaluating.Place(self.names, self.tree)
        return evaluating.figure(last, name, at, self.container, self.path)

    def text(self, name: str) -> str | None:
        """Return the text of a setting, "" where it is not a plain one, None where none is."""
        last = self._stated(name)
        if last is None:
            return None
        return last.value if isinstance(last, ast.Constant) and isinstance(last.value, str) else ""

    def _stated(self, name: str) -> ast.expr | None:
        bound = self.names.bound(shapes.Name(name), "")
        if not bound:
            return None
        last = bound[-1].value
        return _SEVERAL if len(bound) > 1 or last is None or bound[-1].how != "=" else last


def _endings(application: str) -> tuple[str, ...]:
    application = application.removeprefix("python:").removeprefix("file:")
    if not application.endswith(".py"):
        path = application.replace(".", "/")
        return (f"{path}.py", f"{path}/__init__.py", f"{path}/__main__.py")
    for home in _IMAGE_HOMES:
        application = application.removeprefix(home)
    return (normpath(application).lstrip("/"),)


def _imports(module: ast.Module) -> Iterator[str]:
    """Yield the qualified names that a file imports, wherever it does."""
    for node in nodes.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield start
            for alias in node.names:
                if alias.name != "*":
                    yield f"{start}{alias.name}" if start.endswith(".") else f"{start}.{alias.name}"
