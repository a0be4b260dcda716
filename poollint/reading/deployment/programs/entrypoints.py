"""Scripts that an image starts with: which program they start in the end.

A script that only hands on (`exec "$@"`) starts what follows it. Of one that starts a server its
commands count, with the variables it sets; of one that chooses among several programs those that
it runs for the first word that it is given, else nothing does, for no file says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from posixpath import basename, dirname, normpath

from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Variable
from poollint.model.source import SourceFile
from poollint.reading.deployment.images.dockerfile import copied
from poollint.reading.deployment.linking.documents import ImageFile, Part
from poollint.reading.deployment.linking.variables import Variables
from poollint.reading.deployment.programs import commands
from poollint.reading.deployment.programs.chosen import chosen
from poollint.reading.deployment.programs.commands import Sources
from poollint.syntax import shell

_HANDS_ON = re.compile(
    r"^[ \t]*(?:exec[ \t]+)?(?:[\w./-]+[ \t]+--[ \t]+)?\"?\$[@*]\"?[ \t]*$", re.M
)
_EXPORTED = re.compile(r"^[ \t]*export[ \t]+(\w+)", re.M)
_AHEAD = 6  # words of wrappers before a script
_LINE = 3  # words of `sh -c TEXT`
_SERVERS = ("web", "worker")

Scripts = Mapping[str, SourceFile]
Command = tuple[tuple[Part, ...], Sources]


def with_scripts(
    file: ImageFile, sources: Iterable[SourceFile], contexts: Iterable[str]
) -> ImageFile:
    """Return the Dockerfile with the scripts that it copies into its image, beside its own.

    `contexts` are the folders that it may be built from.
    """
    known = {normpath(source.path): source for source in sources}
    named = put_in(file, known, contexts)
    taken = tuple((name, known[path]) for name, path in named)
    return replace(file, scripts=(*taken, *file.scripts))


def put_in(
    file: ImageFile, paths: Iterable[str], contexts: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """Return which of the files at `paths` a Dockerfile copies, by their names in the image."""
    found: dict[str, set[str]] = {}
    known = tuple(paths)
    folders = {normpath(folder or ".") for folder in contexts}
    for source, place in copied(file):
        for path in known:
            for name in _names(path, source, place, folders):
                found.setdefault(name, set()).add(path)
    return tuple(sorted((name, at.pop()) for name, at in found.items() if len(at) == 1))


def _names(path: str, source: str, place: str, folders: set[str]) -> tuple[str, ...]:
    """Return what a script is called in the image: `COPY bin/start.sh /run.sh` names it anew."""
    for folder in folders:
        whole = normpath(f"{folder}/{source.lstrip('/')}")
        if path == whole:
            plain = place.endswith(("/", "."))
            return (basename(path),) if plain else (basename(path), basename(place))
        if whole == "." or path.startswith(f"{whole}/") or _fits(path, whole):
            return (basename(path),)
    return ()


def _fits(path: str, pattern: str) -> bool:
    """Tell whether a file is one of those that `bin/*.sh` names."""
    name = basename(pattern)
    alike = "*" in name and re.fullmatch(re.escape(name).replace(r"\*", ".*"), basename(path))
    return bool(alike) and dirname(path) == dirname(pattern)


def followed(
    argv: tuple[Part, ...], variables: Variables, scripts: Scripts, sources: Sources
) -> Command:
    """Return the command with a script that it starts put in, itself where it starts none."""
    source, rest = _script(argv, scripts)
    if _is_line(argv):
        source, named = _of_line(argv[2], variables, scripts)
        argv = named or argv
    if source is None:
        return argv, sources
    word = rest[0].text if rest else ""
    one = None if word.startswith("-") else chosen(source, word, variables)
    if one and (_serves(one, variables) or _migrates(one, variables)):
        return _inner(one), {**sources, one.path: one}
    source = one or source
    if rest and not rest[0].text.startswith("-") and _HANDS_ON.search(source.text):
        return followed(rest, variables, scripts, sources)
    inner, read = _inner(source), {**sources, source.path: source}
    return (inner, read) if _serves(source, variables) else (argv, sources)


def exported(
    argv: tuple[Part, ...], variables: Variables, sources: Sources
) -> tuple[Variable, ...]:
    """Return the variables that a script's text gives the last program that it starts."""
    if not _is_line(argv):
        return ()
    runs = [run for run in commands.programs(argv, variables, sources) if run.parts]
    names = dict.fromkeys(_EXPORTED.findall(argv[2].text)) if runs else {}
    scope = runs[-1].scope if runs else {}
    return tuple(scope[n] for n in names if n in scope and scope[n] != variables.get(n))


def _is_line(argv: tuple[Part, ...]) -> bool:
    return len(argv) == _LINE and argv[1].text == "-c"


def _inner(source: SourceFile) -> tuple[Part, ...]:
    return commands.line(source.text, source.span(0, len(source.text)))


def _serves(source: SourceFile, variables: Variables) -> bool:
    """Tell whether a script starts a server, of several programs always the same."""
    found = commands.processes(_inner(source), variables, {source.path: source})
    return any(p.role in _SERVERS for p in found) and all(p.tool for p in found)


def _migrates(source: SourceFile, variables: Variables) -> bool:
    """Tell whether a script changes a schema, and starts nothing that stays."""
    found = commands.processes(_inner(source), variables, {source.path: source})
    return bool(found) and all(p.role == "migration" for p in found)


def _stays(source: SourceFile, variables: Variables) -> bool:
    """Tell whether a script starts a server, whether or not all it starts is known."""
    found = commands.processes(_inner(source), variables, {source.path: source})
    return any(p.role in _SERVERS for p in found)


def _of_line(
    line: Part, variables: Variables, scripts: Scripts
) -> tuple[SourceFile | None, tuple[Part, ...]]:
    """Return the script with which a line for a shell ends, and its name there.

    It is the first that does not return (`./wait.sh && ./start.sh && b`): what follows a server
    does not run.
    """
    for command in shell.commands(line.text):
        texts = [word.text for word in command.words if word.text != "exec"]
        source = scripts.get(basename(texts[0])) if len(texts) == 1 else None
        if source and not command.branch and not command.behind and _stays(source, variables):
            return source, (Part(texts[0], line.span),)
        parts = tuple(Part(word.text, line.span, word.expands) for word in command.words)
        if any(p.role in _SERVERS for p in commands.started(parts, variables, {})):
            break
    return None, ()


def _script(argv: tuple[Part, ...], scripts: Scripts) -> tuple[SourceFile | None, tuple[Part, ...]]:
    """Return the script that a command starts, behind wrappers, and the words that follow it."""
    for index, part in enumerate(argv[:_AHEAD]):
        name = basename(part.text)
        if name in scripts:
            return scripts[name], argv[index + 1 :]
        if not part.text.startswith("-") and platforms().wrapper(name) is None:
            break
    return None, ()
