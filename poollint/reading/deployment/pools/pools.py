"""Which pools of the code a container opens, and how many connections each may hold.

A process joins the pools of the folder that its image is built from, or of the package that
its command names. Where neither is known it joins only what cannot be meant otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from posixpath import dirname, normpath
from typing import TYPE_CHECKING

from poollint.catalog.platforms import platforms
from poollint.facts.code import CALLED, Module, Pool
from poollint.facts.infrastructure import Container, Process
from poollint.model.source import Span
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.pools import django_aliases, django_pools, namesakes
from poollint.reading.deployment.pools.joined import Joined, built_once, joined, singles

if TYPE_CHECKING:
    from poollint.reading.deployment.pools.django_branches import Guards
    from poollint.reading.deployment.pools.django_pools import Asked
    from poollint.reading.deployment.programs.applications import Applications

_TEST = re.compile(r"(?:test_.*|.*_test|conftest)\.py")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")


@dataclass(frozen=True, slots=True)
class Code:
    """The Python modules of the tree that run in deployed processes, and who starts which.

    folders  from which images are built
    entries  paths of the modules that commands name: what they build is theirs alone
    images   that run Python somewhere in the tree
    top      the folder of the tree
    applications  what the processes import, None where that cannot be asked
    django   what files of settings of Django say of a pool
    used     the databases of such settings, beside the default, that code names
    certain  the places of pools that are built at import whatever happens
    guards   under which conditions such settings name a database
    """

    modules: tuple[Module, ...]
    folders: frozenset[str]
    entries: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    top: str = "."
    applications: Applications | None = None
    django: tuple[Asked, ...] = ()
    used: frozenset[str] = frozenset()
    certain: frozenset[Span] = frozenset()
    guards: Guards = ()
    _below: dict[str, tuple[Module, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def within(self, holds: Callable[[str], bool]) -> Code:
        """Return the code without the modules that a container has not."""
        return replace(self, modules=tuple(m for m in self.modules if holds(m.path)))

    @property
    def uses_database(self) -> bool:
        """Tell whether any of the modules imports what talks to PostgreSQL."""
        return any(module.drivers for module in self.modules)

    def driving(self, container: Container, handler: str = "") -> frozenset[str]:
        """Return the paths of the modules that talk to PostgreSQL and that a container loads."""
        if self.applications is None or not self.uses_database:
            return frozenset()
        loaded = self.applications.started(container, handler)
        return frozenset(m.path for m in self.modules if m.drivers and normpath(m.path) in loaded)

    def join(self, container: Container, *, complete: bool = True, handler: str = "") -> Joined:
        """Return the pools that the processes of `container` may open.

        `complete` tells that all of its variables are known, `handler` the file whose function a
        platform calls.
        """
        found = self._of_handler(container, handler) or self._joins(container)
        if found.groups and found.databases:
            found = self._with_django(found, container)
        if not found.django:
            return found
        settings = self.applications.settings(container, complete) if self.applications else ""
        databases = django_aliases.chosen(found.databases, settings)
        aliases = django_aliases.aliases(databases, container, self.used, self.guards)
        pool, known = django_pools.meant(self.django, settings)
        return replace(found, databases=databases, pool=pool, open=not known, aliases=aliases)

    def _with_django(self, found: Joined, container: Container) -> Joined:
        """Return pools that stand beside settings of Django: its threads connect as well.

        Where it is not known that the processes run Django, what it would open is not counted.
        """
        if self.applications and self.applications.run_django(container):
            return replace(found, django=True)
        return replace(found, beside=found.databases[0].span)

    def _joins(self, container: Container) -> Joined:
        process = container.process
        if process and (process.role == "other" or _is_foreign(process)):
            return Joined()
        root = self._root(container)
        own = self.entry(container)
        if root is not None:
            return self._found(self._imported(self._inside(root), container, own), container)
        if container.build or not self._may_run(container):
            return Joined()
        return self._of_namesakes(container, own) or self._only(container, own)

    def _of_namesakes(self, container: Container, own: str) -> Joined | None:
        """Return what a container opens whose package several folders have; None if one has it.

        The file that describes it means the package that lies nearest, else none is known.
        """
        roots = self._packages(container.process.application if container.process else "")
        if len(roots) < 2:
            return None
        root = namesakes.nearest(roots, dirname(container.span.path))
        if root is None:
            held = {namesakes.nearest(roots, dirname(p.span.path)) for p in every(self)}
            return Joined() if len(held - {None}) > 1 else None
        others = [r for r in roots if r != root and _within(r, root)]
        inside = self._inside(root)
        modules = tuple(m for m in inside if not any(_within(m.path, r) for r in others))
        found = self._found(self._imported(modules, container, own), container)
        return replace(found, note=f"the image of `{container.name}` runs the code of {root}/")

    def _of_handler(self, container: Container, handler: str) -> Joined | None:
        """Return what the file of a handler opens, with what it imports; None if not known."""
        loaded = self.driving(container, handler) if handler else frozenset()
        if not loaded:
            return None
        modules = tuple(m for m in self.modules if normpath(m.path) in loaded)
        return replace(joined(modules, self.certain), singles=singles(modules, sure=True))

    def starts(self, container: Container) -> bool:
        """Tell whether its command names a package of the tree (`arq shop.jobs.Settings`)."""
        process = container.process
        if not process or not process.tool or process.role == "other":
            return False
        return self._package(process.application, None) is not None

    def entry(self, container: Container) -> str:
        """Return the path of the module that the command names, "" where it is not one."""
        application = container.process.application if container.process else ""
        if application.endswith(".py"):
            endings: tuple[str, ...] = (normpath(application).removeprefix("/app/").lstrip("/"),)
        else:
            path = application.partition(":")[0].replace(".", "/")
            endings = (f"{path}.py", f"{path}/__main__.py") if path else ()
        build = normpath(container.build) if container.build else "."
        found = {
            module.path
            for module in self.modules
            if _within(module.path, build)
            and any(f"/{normpath(module.path)}".endswith(f"/{ending}") for ending in endings)
        }
        return found.pop() if len(found) == 1 else ""

    def _imported(
        self, modules: tuple[Module, ...], container: Container, own: str
    ) -> tuple[Module, ...]:
        """Return those of the modules that the process of a container imports."""
        rest = self._without_others(modules, own, container)
        imported = self.applications.imported(container) if self.applications else None
        return rest if imported is None else tuple(m for m in rest if normpath(m.path) in imported)

    def _without_others(
        self, modules: tuple[Module, ...], own: str, container: Container
    ) -> tuple[Module, ...]:
        """Return the modules without those that others start, unless its own imports them."""
        others = {m.path for m in modules if m.path != own and m.path in self.entries}
        if others and self.applications:
            others = {p for p in others if normpath(p) not in self.applications.loaded(container)}
        return tuple(m for m in modules if m.path not in others)

    def _root(self, container: Container) -> str | None:
        """Return the folder of the application, None where it is not known."""
        build = normpath(container.build) if container.build else None
        application = container.process.application if container.process else ""
        named = self._package(application, build)
        return build if named is None else named

    def _package(self, application: str, build: str | None) -> str | None:
        """Return the folder from which `shop.api:app` is imported, None where not one fits."""
        roots = self._packages(application, build)
        return roots.pop() if len(roots) == 1 else None

    def _packages(self, application: str, build: str | None = None) -> set[str]:
        """Return the folders that have a package of the name that a command begins with."""
        dotted = application.partition(":")[0]
        if not _DOTTED.fullmatch(dotted) or dotted.endswith(".py"):
            return set()
        first = dotted.split(".")[0]
        roots: set[str] = set()
        for module in self.modules:
            path = f"/{normpath(module.path)}"
            for mark in (f"/{first}/", f"/{first}.py"):
                at = path.find(mark)
                if at >= 0:
                    roots.add(path[1:at] or ".")
        return {root for root in roots if build is None or _within(root, build)}

    def _inside(self, root: str) -> tuple[Module, ...]:
        """Return the modules below `root` that no folder below it builds for itself."""
        if root not in self._below:  # of many containers it is the same
            self._below[root] = self._found_inside(root)
        return self._below[root]

    def _found_inside(self, root: str) -> tuple[Module, ...]:
        deeper = [f for f in self.folders if f not in (root, ".") and _within(f, root)]
        inside = (module for module in self.modules if _within(module.path, root))
        return tuple(m for m in inside if not any(_within(m.path, f) for f in deeper))

    def _may_run(self, container: Container) -> bool:
        """Tell whether a container of an unknown image may run this code.

        It does when its image, here or elsewhere, starts an application in Python, or when it
        has a variable that the code's pools read.
        """
        if _runs_python(container) or container.image in self.images:
            return True
        if self.applications and self.applications.run_django(container):
            return True  # `gunicorn config.wsgi`: a module of the tree that sets Django up
        names = {v.name for v in container.variables}
        return any(
            name in names
            for module in self.modules
            for pool in module.pools
            for name in (pool.variable, *(a.variable for a in pool.arguments))
            if name
        )

    def _only(self, container: Container, own: str) -> Joined:
        """Return the pools of the tree where they belong to one application."""
        if self.applications and self.applications.is_elsewhere(container):
            return Joined()
        found = self._found(self._imported(self.modules, container, own), container)
        homes = {
            _application(below(pool.span.path, self.top))
            for group in (*found.groups, found.singles)
            for pool in group
        }
        if len(homes) > 1 or self.folders - {".", self.top}:
            return Joined()
        return replace(found, note=f"the image of `{container.name}` runs the code of this tree")

    def _found(self, modules: tuple[Module, ...], container: Container) -> Joined:
        """Return what the modules open of which a process imports some, or all if that is known."""
        loaded = self.applications.imported(container) if self.applications else None
        found, alone = joined(modules, self.certain), singles(modules, loaded is not None)
        perhaps = found.perhaps if loaded is not None else ()
        if self.applications and loaded is not None:
            calls = self.applications.mentions
            alone = tuple(p for p in alone if p.once != CALLED or calls(loaded, p.function))
            called = self.applications.may_call
            perhaps = tuple(p for p in perhaps if called(loaded, p.function))
        elif self.applications:  # of scripts beside what runs nothing is known to be imported
            alone = tuple(p for p in alone if p.span.path == self.entry(container))
        return replace(found, singles=alone, perhaps=perhaps)


def code(
    modules: Iterable[Module], containers: Iterable[Container], top: str = "",
    applications: Applications | None = None,
) -> Code:  # fmt: skip
    """Return the modules of the tree at `top` that run in deployed processes."""
    run = tuple(containers)
    found = Code(
        tuple(module for module in modules if not aside(below(module.path, top))),
        frozenset(normpath(container.build) for container in run if container.build),
        top=normpath(top or "."),
        applications=applications,
    )
    entries = {found.entry(container) for container in run} - {""}
    images = frozenset(c.image for c in run if c.image and (_runs_python(c) or found.starts(c)))
    return replace(found, entries=frozenset(entries), images=images)


def _is_foreign(process: Process) -> bool:
    """Tell whether a program is known to run another language."""
    return bool(process.tool) and platforms().tool_language(process.tool) not in ("", "python")


def _runs_python(container: Container) -> bool:
    """Tell whether a container starts an application by its name in Python (`shop.api:app`)."""
    return bool(container.process and container.process.tool) and ":" in (
        container.process.application if container.process else ""
    )


def aside(path: str) -> bool:
    """Tell of a path that what it holds does not run in a deployed process."""
    parts = path.split("/")
    return bool(_TEST.fullmatch(parts[-1])) or any(p in platforms().aside for p in parts)


def _within(path: str, folder: str) -> bool:
    folder = normpath(folder)
    path = normpath(path)
    if folder == ".":
        return not path.startswith("../")
    return path == folder or path.startswith(f"{folder}/")


def _application(path: str) -> str:
    """Return the part of a path that tells applications of one tree apart."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("services", "apps", "packages") else ""


def every(code: Code) -> tuple[Pool, ...]:
    """Return the pools of the code, those that are built for each call left out."""
    sure, likely = built_once(code.modules)
    return tuple(sure or likely)
