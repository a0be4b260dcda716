"""What a command names of the folder of code that it starts in: a script, or a Procfile.

A platform that builds no image of a Dockerfile starts `bash start.sh` in the folder itself. honcho
and foreman start what a Procfile says, each line once unless they are told a number, wherever they
run.

Sources: render.com/docs/monorepo-support (`rootDir`: commands run in it); honcho 2.0, `honcho
start --help` (`-f`, `-c web=2,worker=3`, names of processes); ddollar/foreman, man/foreman.1
(`-f`, `-m all=1,web=2`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from posixpath import basename, dirname, join, normpath

from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.linking.deployed import Placed, Unit, side_by_side
from poollint.reading.deployment.linking.documents import Part, ProcessFile, ScriptFile
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.variables import environment
from poollint.reading.deployment.programs import commands, kept
from poollint.reading.deployment.programs.entrypoints import exported, followed

_KEEPERS = frozenset(("honcho", "foreman"))
_FILES = ("-f", "--procfile")
_NUMBERS = ("-m", "--formation", "-c", "--concurrency")
_ALL = "all"
_WITH_VALUE = frozenset((*_FILES, *_NUMBERS, "-e", "--env", "-p", "--port", "-d", "--app-root"))
_FOLDER = re.compile(r"^\s*cd\s+([\w./-]+)\s*(?:&&|;|\n)")
_SCRIPT = re.compile(r"[\w./-]+\.(?:sh|bash)|[\w./-]*(?:start|entrypoint|run)[\w-]*")


def started(every: Sequence[Environment], documents: Iterable[object]) -> Iterator[Environment]:
    """Yield what runs; a Procfile that a container starts is no environment of its own."""
    tree = _Tree(documents)
    found = [
        replace(one, placed=tuple(tree.followed(each) for each in one.placed)) for one in every
    ]
    yield from (one for one in found if one.path not in tree.started)


class _Tree:
    """The scripts and Procfiles of a tree."""

    def __init__(self, documents: Iterable[object]) -> None:
        every = tuple(documents)
        scripts = (d.source for d in every if isinstance(d, ScriptFile))
        self._scripts = {normpath(source.path): source for source in scripts}
        self._procfiles = tuple(d for d in every if isinstance(d, ProcessFile))
        self.started: set[str] = set()  # paths of the Procfiles that containers start

    def followed(self, placed: Placed) -> Placed:
        """Return what runs, each container with what it starts of its folder."""
        return placed.of(found for unit in placed.units for found in self._started(unit))

    def _started(self, unit: Unit) -> tuple[Unit, ...]:
        process = unit.container.process
        if not unit.argv or not unit.container.build or (process and process.tool):
            return (unit,)
        if unit.file is None:
            unit, *more = self._of_script(unit, unit.argv)
            if more or (unit.container.process and unit.container.process.tool):
                return (unit, *more)
        return tuple(self._of_procfile(unit)) or (unit,)

    def _of_script(self, unit: Unit, argv: tuple[Part, ...]) -> tuple[Unit, ...]:
        """Return a container with what the script starts that its command names."""
        text = argv[-1].text
        moved = _FOLDER.match(text) if len(argv) > 1 else None
        home = join(unit.container.build, moved[1] if moved else "")
        words = [word for part in argv for word in part.text.split() if _SCRIPT.fullmatch(word)]
        paths = {basename(word): normpath(join(home, word)) for word in words}
        scripts = {n: self._scripts[path] for n, path in paths.items() if path in self._scripts}
        if not scripts:
            return (unit,)
        known = environment(unit.container.variables)
        line = _plain(argv)
        found, sources = followed(line, known, scripts, {})
        if found is line:
            return (unit,)
        variables = (*unit.container.variables, *exported(found, known, sources))
        one = replace(unit, container=replace(unit.container, variables=variables))
        return side_by_side(one, commands.processes(found, known, sources))

    def _of_procfile(self, unit: Unit) -> Iterator[Unit]:
        """Yield what a Procfile says for which honcho or foreman is started, one by one."""
        known = environment(unit.container.variables)
        runs = [run.parts for run in commands.programs(unit.argv or (), known, {}) if run.parts]
        parts = runs[-1] if runs else ()
        words = [part.text for part in parts]
        if basename(next(iter(words), "")) not in _KEEPERS or "start" not in words:
            return
        file = self._procfile(unit, words)
        if file is None or file.source.path == unit.container.span.path:
            return
        self.started.add(file.source.path)
        numbers = _numbers(parts)
        names = set(_names(words))
        for one in file.lines:
            number = numbers.get(one.name, numbers.get(_ALL))
            if (number and number.high == 0) or (names and one.name not in names):
                continue
            line = commands.line(one.command, one.command_span)
            found = commands.processes(line, known, {file.source.path: file.source})
            for each in side_by_side(unit, found):
                process = each.container.process
                if process and number:
                    many = replace(number, hint=one.name)
                    process = replace(process, processes=kept.times(process.processes, many))
                container = replace(each.container, name=one.name, process=process)
                yield replace(each, container=container, argv=line, replaced=True)

    def _procfile(self, unit: Unit, words: list[str]) -> ProcessFile | None:
        """Return the Procfile of the folder that a container starts in, or the only one below."""
        named = next((b for a, b in pairwise(words) if a in _FILES), "Procfile")
        build = normpath(unit.container.build)
        fitting = [f for f in self._procfiles if basename(f.source.path) == basename(named)]
        here = [f for f in fitting if normpath(dirname(f.source.path) or ".") == build]
        found = here or [f for f in fitting if build == "." or f.source.path.startswith(build)]
        return found[0] if len(found) == 1 else None


def _plain(argv: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the words of a line that starts one program, where a shell is given it as a text."""
    if len(argv) != len(("sh", "-c", "TEXT")) or argv[1].text != "-c":
        return argv
    text = _FOLDER.sub("", argv[2].text)
    if re.search(r"[;&|\n]", text):
        return (*argv[:2], replace(argv[2], text=text))
    return tuple(Part(word, argv[2].span) for word in text.split() if word != "exec")


def _numbers(parts: tuple[Part, ...]) -> dict[str, Figure]:
    """Return how many of each are asked for: `-m all=1,web=2`."""
    told = [
        (after.text, after.span) for before, after in pairwise(parts) if before.text in _NUMBERS
    ]
    starts = tuple(f"{name}=" for name in _NUMBERS)
    told += [(p.text.partition("=")[2], p.span) for p in parts if p.text.startswith(starts)]
    pairs = ((*pair.partition("="), span) for text, span in told for pair in text.split(","))
    return {
        name: Figure(int(number), int(number), "workers", Basis.STATED, span)
        for name, _, number, span in pairs
        if re.fullmatch(r"\d{1,4}", number)
    }


def _names(words: list[str]) -> Iterator[str]:
    """Yield the names of the processes that are asked for, none for all."""
    after = words[words.index("start") :]
    for before, word in pairwise(after):
        if not word.startswith("-") and before not in _WITH_VALUE:
            yield word
