"""What `npm start` and its like run: the line that a `package.json` has under that name.

Source: docs.npmjs.com/cli/v11/commands/npm-run and npm-start (`node server.js` where no script of
that name is stated), yarnpkg.com/cli/run, pnpm.io/cli/run and pnpm.io/filtering,
bun.sh/docs/cli/run, turborepo.com/docs/reference/run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from posixpath import basename, dirname, isabs, join, normpath

from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Process, Variable
from poollint.reading.deployment.ecosystems import node
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.deployment.linking.deployed import Unit, of_apps
from poollint.reading.deployment.linking.documents import DaemonFile, Part
from poollint.reading.deployment.linking.variables import environment
from poollint.reading.deployment.programs import commands, kept

MAX_STEPS = 8
_TURBO = "turbo"  # it starts a script of every package, but for those of a filter
_MANAGERS = frozenset(("npm", "yarn", "pnpm", "bun", _TURBO))
_RUNNERS = frozenset(("npx", "bunx", "pnpx"))
_RUN = frozenset(("run", "run-script", "rum"))
_PLAIN = frozenset(("start", "stop", "test", "restart"))  # of npm, which wants `run` before others
_EXECUTES = frozenset(("exec", "x", "dlx"))
_FOLDERS = frozenset(("--prefix", "--cwd", "-C", "--dir"))
_PACKAGES = frozenset(("--workspace", "-w", "--filter", "-F"))
_AHEAD = 3
_SERVED = "node server.js"
_NODE = "node"  # the image
_CHOOSES = re.compile(r"^[ \t]*(?:case\b|elif\b|else\b)", re.M)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a command asks of a package manager: a script, or a program that it starts itself.

    folder, package  in which folder, or package of the tree, "" for where it starts
    """

    script: str = ""
    program: tuple[Part, ...] = ()
    folder: str = ""
    package: str = ""


_Step = tuple[Unit, StatedFile | None]


class Packages:
    """The packages of a tree, by their folders."""

    def __init__(self, files: Iterable[StatedFile], daemons: Iterable[DaemonFile] = ()) -> None:
        self._files = {normpath(file.home): file for file in files if file.scripts}
        self._daemons = tuple(daemons)

    def started(self, unit: Unit) -> tuple[Unit, ...]:
        """Return what a container runs behind the scripts that its command names.

        Itself where it names none of the tree. Where one starts several programs at once, which
        of them opens what is not known, and so not how many they are.
        """
        process = unit.container.process
        scripts = self._files or (unit.file and unit.file.scripts)
        if not scripts or not unit.argv or (process and process.tool):
            return (unit,)
        package = self._package(unit)
        for step in range(MAX_STEPS):
            found = self._step(unit, package)
            if found is None:
                return (unit,) if step == 0 else self._apps(_of_node(unit), package)
            unit, package = found
        return (unit,)

    # --- One step ---

    def _step(self, unit: Unit, package: StatedFile | None) -> _Step | None:
        """Return a container that runs what stands behind a script, None where none is run."""
        outer = environment(unit.container.variables)
        runs = [run for run in commands.programs(unit.argv or (), outer, {}) if run[0]]
        words, scope = (runs[-1].parts, runs[-1].scope) if runs else ((), {})
        asked = _asked(words) or _asked(_handed_on(words))
        if asked is None:
            line = _of_file(unit, words)
        else:
            package = self._named(asked, package)
            if package and (asked.package or asked.folder):  # it starts in that folder
                unit = replace(unit, folder=f"/{normpath(package.home)}")
            line = asked.program or (_line(package, asked.script) if package else ())
        return (_running(unit, line, scope), package) if line else None

    def _named(self, asked: _Asked, package: StatedFile | None) -> StatedFile | None:
        if asked.package:
            title = asked.package
            found = [f for f in self._files.values() if title in (f.title, f.home, f"./{f.home}")]
            return found[0] if len(found) == 1 else None
        if not asked.folder:
            return package
        inside = [
            file for home, file in self._files.items()
            if f"/{home}".endswith(f"/{normpath(asked.folder).strip('/')}")
        ]  # fmt: skip
        return inside[0] if len(inside) == 1 else None

    def _apps(self, unit: Unit, package: StatedFile | None) -> tuple[Unit, ...]:
        """Return the apps that PM2 starts with a file of a package, else the container itself."""
        process = unit.container.process
        home = normpath(package.home) if package else "."
        files = {
            basename(d.source.path): d
            for d in self._daemons
            if normpath(dirname(d.source.path) or ".") == home
        }
        started = kept.meant((process,), unit.argv or (), files) if process else ()
        return tuple(of_apps(started, unit)) if started else (unit,)

    # --- Which package ---

    def _package(self, unit: Unit) -> StatedFile | None:
        """Return the package in whose folder a container starts."""
        build = normpath(unit.container.build) if unit.container.build else ""
        if not build:
            return None
        inside = {home: file for home, file in self._files.items() if _within(home, build)}
        folder = normpath(unit.folder) if unit.folder else ""
        ends = [
            home for home in inside
            if home != build and isabs(folder) and folder.endswith(f"/{_below(home, build)}")
        ]  # fmt: skip
        if ends:
            return inside[max(ends, key=len)]
        copied = [home for home in inside if home != build and _copies_only(unit, home, build)]
        if len(copied) == 1:
            return inside[copied[0]]
        return inside.get(build) or (next(iter(inside.values())) if len(inside) == 1 else None)


def _of_node(unit: Unit) -> Unit:
    """Return what a script of a package runs: in no image that is known, most likely in Node.js.

    The name of another language's program tells that it is one.
    """
    return replace(unit, base=unit.base or _NODE)


def operands(unit: Unit) -> tuple[str, ...]:
    """Return the words behind the last program that a container runs, but no options."""
    known = environment(unit.container.variables)
    runs = [run.parts for run in commands.programs(unit.argv or (), known, {}) if run.parts]
    words = (part.text for part in runs[-1][1:]) if runs else ()
    return tuple(word for word in words if not word.startswith("-"))


def _within(path: str, folder: str) -> bool:
    return folder == "." or path == folder or path.startswith(f"{folder}/")


def _below(path: str, folder: str) -> str:
    return path if folder == "." else path[len(folder) + 1 :]


def _copies_only(unit: Unit, home: str, build: str) -> bool:
    """Tell whether an image has the manifest of a package below the folder it is built from."""
    copies = unit.file.copies if unit.file else ()
    sources = [normpath(join(build, source.lstrip("/"))) for source, _ in copies]
    whole = normpath(build) in sources
    return not whole and any(source == home or dirname(source) == home for source in sources)


# --- What is asked, and what runs ----------------------------------------------------------------


def _asked(words: tuple[Part, ...]) -> _Asked | None:
    """Return what a package manager is asked to run, None for another program."""
    name = basename(words[0].text) if words else ""
    if name in _RUNNERS:
        program = _behind_options(words[1:])
        return _Asked(program=program) if program else None
    if name not in _MANAGERS:
        return None
    rest, found = list(words[1:]), _Asked()
    if name == "yarn" and [w.text for w in rest[:1]] == ["workspace"] and len(rest) > 2:
        found, rest = replace(found, package=rest[1].text), rest[2:]
    found, rest = _placed(found, rest)
    ran = False
    while rest:
        text = rest.pop(0).text
        if text in _RUN and not ran:
            ran = True
        elif text in _EXECUTES and not ran:
            program = _behind_options(tuple(rest))
            return replace(found, program=program) if program else None
        elif text.startswith("-"):
            continue
        elif (name == "npm" and not ran and text not in _PLAIN) or (
            name == _TURBO and not found.package
        ):
            return None
        else:
            return replace(found, script=text)
    return None


def _placed(asked: _Asked, rest: list[Part]) -> tuple[_Asked, list[Part]]:
    """Return where a command asks for a script, wherever it says so, and its other words."""
    words = iter(rest)
    kept = []
    for word in words:
        option, equals, value = word.text.partition("=")
        if word.text == "--":
            break
        if option not in _FOLDERS | _PACKAGES:
            kept.append(word)
            continue
        value = value if equals else next(words, word).text
        if option in _FOLDERS:
            asked = replace(asked, folder=value)
        else:
            asked = replace(asked, package=value)
    return asked, [*kept, *words]


def _behind_options(words: tuple[Part, ...]) -> tuple[Part, ...]:
    start = next((i for i, word in enumerate(words) if not word.text.startswith("-")), len(words))
    return words[start:]


def _handed_on(words: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the command that a script of another name is given behind a word or two of its own."""
    if len(words) < 3 or not words[0].text.endswith(".sh"):
        return ()
    behind = (i for i in range(1, _AHEAD) if basename(words[i : i + 1][0].text) in _MANAGERS)
    return next((words[i:] for i in behind), ())


def _of_file(unit: Unit, words: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the line that a script of the image is, none where it chooses among several."""
    scripts = dict(unit.file.scripts) if unit.file else {}
    source = scripts.get(basename(words[0].text)) if len(words) == 1 else None
    if source is None or _CHOOSES.search(source.text):
        return ()
    line = commands.line(source.text, source.span(0, len(source.text)))
    last = [run for run in commands.programs(line, {}, {source.path: source}) if run[0]][-1:]
    known = last and platforms().language(basename(last[0][0][0].text))
    return line if known and known.name == node.LANGUAGE else ()


def _line(package: StatedFile, script: str) -> tuple[Part, ...]:
    """Return the line that a script is, none where the package has none of that name."""
    for name, text, span in package.scripts:
        if name == script:
            return commands.line(text, span)
    if script == "start":
        span = package.scripts[0][2]
        return commands.line(_SERVED, span)
    return ()


def _running(unit: Unit, line: tuple[Part, ...], scope: Mapping[str, Variable]) -> Unit:
    """Return a container that runs `line`, with the variables set before the script."""
    outer = environment(unit.container.variables)
    found = list(commands.programs(line, {**outer, **scope}, {}))
    words, inner = (found[-1].parts, found[-1].scope) if found else ((), {})
    processes = commands.processes(line, inner, {})
    process = _alike(processes, words)
    variables = tuple({**outer, **scope, **inner}.values())
    container = replace(unit.container, variables=variables, process=process)
    return replace(unit, container=container, argv=line, replaced=True)


def _alike(found: tuple[Process, ...], words: tuple[Part, ...]) -> Process | None:
    """Return the last program that a line starts, as what it is called."""
    process = found[-1] if found else None
    if process is None or process.tool or not words:
        return process
    name = basename(words[0].text)
    if name in platforms().served:
        return replace(process, tool=name, application=name, span=words[0].span, role="other")
    return replace(process, application=name, span=words[0].span)
