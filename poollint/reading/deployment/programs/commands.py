"""Which program a command starts, and how many processes it makes.

What programs there are, their options, variables and defaults stand in
`catalog/platforms.toml`. The command line is stronger than the environment, and that than the
default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from posixpath import basename
from typing import NamedTuple

from poollint.catalog.platforms import Tool, Wrapper, platforms
from poollint.facts.infrastructure import Process, Variable
from poollint.model.figure import Basis, Figure
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.variables import Variables, expand
from poollint.reading.deployment.programs import command_options, outcomes
from poollint.syntax import shell

MAX_NESTING = 8
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_FPM = re.compile(r"php-fpm[\d.]+")
# What a program of an image is told is no script: `start`, `start-dev`.
_SCRIPT = re.compile(r".*\.(?:sh|bash)|.*entrypoint[^/]*|(?!start(?:-\w+)?$).*start[^/]*")
_NAMED = re.compile(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})")
_PYTHON_VALUES = frozenset(("-X", "-W", "--check-hash-based-pycs"))

Sources = Mapping[str, SourceFile]


class Run(NamedTuple):
    """A program that is started: its words, its variables, and whether others run beside it.

    `branch` tells where a shell may also take another way (`syntax.shell`).
    """

    parts: tuple[Part, ...]
    scope: dict[str, Variable]
    aside: bool
    branch: shell.Branch = ()


def words(text: str, span: Span, sources: Sources, *, shelled: bool = False) -> tuple[Part, ...]:
    """Split a command that no shell runs; each word knows where it stands in `span`.

    `shelled` tells that `$NAME` in it is replaced when the container starts.
    """
    found = shell.words(text)
    return tuple(replace(p, expands=shelled) for p in located(text, span, sources, found))


def is_script(program: str) -> bool:
    """Tell whether a program may start any other: a script, a variable, "" for one of several."""
    return not program or program.startswith("$") or bool(_SCRIPT.fullmatch(program))


def line(text: str, span: Span) -> tuple[Part, ...]:
    """Return the command line `sh -c TEXT` for a text that a shell runs."""
    return (Part("sh", span, False), Part("-c", span, False), Part(text, span, False))


def located(
    text: str, span: Span, sources: Sources, found: tuple[shell.Word, ...]
) -> tuple[Part, ...]:
    """Return the words of `text`, which stands at `span`, each with its own place.

    A word whose place is not found (an escape, a variable put in) has the place of the text.
    """
    source = sources.get(span.path)
    if source is None:
        return tuple(Part(word.text, span, word.expands) for word in found)
    parts: list[Part] = []
    at, end = source.offset(span.start), source.offset(span.end)
    for word in found:
        place = span
        for written in (text[word.start : word.end], word.text):
            index = source.text.find(written, at, end) if written else -1
            if index >= 0:
                place = source.span(index, index + len(written))
                at = index + len(written)
                break
        parts.append(Part(word.text, place, word.expands))
    return tuple(parts)


def processes(
    argv: tuple[Part, ...], variables: Variables, sources: Sources
) -> tuple[Process, ...]:
    """Return what `argv` runs side by side in the end, none where it is empty.

    A server never returns: what follows it does not run. Where there is none the last program
    counts: what comes before it (a migration, a wait) has ended. A program that is not known is
    a `Process` without a tool, and so is a choice of several.
    """
    if not argv:
        return ()
    runs = list(_runs(argv, dict(variables), sources, Run((), {}, aside=False), 0))
    known = [(run, _process(run.parts, run.scope)) for run in runs]
    found = outcomes.of_runs(known)
    if found:
        return tuple(p for p in found if p.role != "migration") or found[-1:]
    unnamed = Figure(1, 1, "processes", Basis.ASSUMED, "one process")
    role = "script" if _SCRIPT.fullmatch(argv[0].text) or len(runs) > 1 else "other"
    first = outcomes.follower(known) or _unknown(runs) or argv[0]
    if _SCRIPT.fullmatch(first.text):
        role = "script"
    return (Process("", first.span, unnamed, None, first.text, role),)


def _unknown(runs: list[Run]) -> Part | None:
    """Return the program that stays of those that no tool is: of several one of a known language.

    What comes before it has ended (`wait-for db && node server.js`).
    """
    firsts = [run.parts[0] for run in runs if run.parts and not run.aside]
    last = firsts[-1] if firsts else None
    if last and platforms().language(basename(last.text)):
        return last
    return runs[0].parts[0] if runs and runs[0].parts else None


def started(argv: tuple[Part, ...], variables: Variables, sources: Sources) -> Iterator[Process]:
    """Yield every known program that `argv` runs, those before the last one too."""
    for run in programs(argv, variables, sources):
        process = _process(run.parts, run.scope) if run.parts else None
        if process is not None:
            yield process


def programs(argv: tuple[Part, ...], variables: Variables, sources: Sources) -> Iterator[Run]:
    """Yield each program that `argv` starts, wrappers taken off."""
    return _runs(argv, dict(variables), sources, Run((), {}, aside=False), 0)


def _runs(
    parts: tuple[Part, ...], scope: dict[str, Variable], sources: Sources, around: Run,
    depth: int,
) -> Iterator[Run]:  # fmt: skip
    """Yield each program that is started, wrappers taken off, with its variables."""
    while parts:
        parts = _put_in(parts, scope)
        name = basename(parts[0].text)
        wrapper = platforms().wrapper(name)
        if wrapper and wrapper.script:
            script, rest = _script(parts[1:])
            if script is None:
                parts = rest
            elif depth < MAX_NESTING:
                yield from _of_script(script, scope, sources, around, depth)
                return
            else:
                return
        elif wrapper and _wraps(wrapper, parts):
            parts = _unwrapped(wrapper, parts, scope)
        elif _PYTHON.fullmatch(name):
            inner = _python(parts)
            if inner is None:
                yield around._replace(parts=parts, scope=scope)
                return
            parts = inner
        elif len(parts) > 1 and _SCRIPT.fullmatch(name) and _is_program(parts[1:]):
            parts = parts[1:]
        else:
            yield around._replace(parts=parts, scope=scope)
            return


def _put_in(parts: tuple[Part, ...], scope: dict[str, Variable]) -> tuple[Part, ...]:
    """Return a command whose program a variable names (`exec $COMMAND`) with what that holds."""
    first = parts[0]
    if not first.expands or not _NAMED.fullmatch(first.text):
        return parts
    text = expand(first, scope).value
    words_ = shell.words(text) if text else ()
    return (*(Part(w.text, first.span, w.expands) for w in words_), *parts[1:]) if words_ else parts


def _is_program(parts: tuple[Part, ...]) -> bool:
    name = basename(parts[0].text)
    known = platforms().wrapper(name) or _PYTHON.fullmatch(name)
    return bool(known) or _tool(parts) is not None


def _script(parts: tuple[Part, ...]) -> tuple[Part | None, tuple[Part, ...]]:
    """Return the text after `-c`, or the words that follow the shell's own options."""
    for index, part in enumerate(parts):
        if not part.text.startswith(("-", "+")):
            return None, parts[index:]
        if re.fullmatch(r"-[a-z]*c", part.text):
            return (parts[index + 1] if index + 1 < len(parts) else None), ()
        if part.text == "-o":
            return _script(parts[index + 2 :])
    return None, ()


def _of_script(
    script: Part, scope: dict[str, Variable], sources: Sources, around: Run, depth: int
) -> Iterator[Run]:
    before = dict(scope)
    for command in shell.commands(script.text):
        inner = dict(scope) if command.words else scope
        for name, word in command.assignments:
            (part,) = located(script.text, script.span, sources, (word,))
            value = expand(part, scope)
            if not command.words and command.branch and scope.get(name) != before.get(name):
                value = replace(value, value=None)  # another branch says something else
            inner[name] = Variable(name, value)
        if command.words[:1] and command.words[0].text == "export":
            for word in command.words[1:]:
                name, _, text = word.text.partition("=")
                scope[name] = Variable(name, expand(Part(text, script.span), scope))
            continue
        found = located(script.text, script.span, sources, command.words)
        aside, branch = around.aside or command.behind, (*around.branch, *command.branch)
        yield from _runs(found, inner, sources, Run((), {}, aside, branch), depth + 1)


def _wraps(wrapper: Wrapper, parts: tuple[Part, ...]) -> bool:
    if not wrapper.words:
        return True
    return any(part.text in wrapper.words for part in parts[1:6])


def _unwrapped(
    wrapper: Wrapper, parts: tuple[Part, ...], scope: dict[str, Variable]
) -> tuple[Part, ...]:
    rest = parts[1:]
    texts = [part.text for part in rest]
    if wrapper.until:
        return rest[texts.index(wrapper.until) + 1 :] if wrapper.until in texts else ()
    if wrapper.words:
        rest = rest[next(i for i, t in enumerate(texts) if t in wrapper.words) + 1 :]
    left = wrapper.takes
    while rest:
        text = rest[0].text
        if text == "--":
            return rest[1:]
        if text.startswith("-"):
            rest = rest[2:] if text in wrapper.values else rest[1:]
        elif wrapper.assignments and re.match(r"[A-Za-z_]\w*=", text):
            name, _, value = text.partition("=")
            scope[name] = Variable(name, expand(replace(rest[0], text=value), scope))
            rest = rest[1:]
        elif left:
            left -= 1
            rest = rest[1:]
        else:
            return rest
    return ()


def _python(parts: tuple[Part, ...]) -> tuple[Part, ...] | None:
    """Return the words from the module or script on that `python` runs, if it is known."""
    rest = parts[1:]
    while rest and rest[0].text.startswith("-"):
        if rest[0].text == "-m":
            found = rest[1:]
            known = found and (_tool(found) or platforms().wrapper(found[0].text))
            return found if known else None
        if rest[0].text == "-c":
            return None
        rest = rest[2:] if rest[0].text in _PYTHON_VALUES else rest[1:]
    if rest and _tool(rest) is None and rest[0].text.endswith(".py") and _serves(rest[1:]):
        return rest[1:]  # what prepares it starts what it is told, as a shell's script does
    return rest if rest and _tool(rest) else None


def _serves(parts: tuple[Part, ...]) -> bool:
    """Tell whether words are the command of a server, or of workers, by its own name."""
    tool = _tool(parts) if parts else None
    return tool is not None and tool.name != "python" and tool.role in ("web", "worker", "beat")


def _tool(parts: tuple[Part, ...]) -> Tool | None:
    name = basename(parts[0].text)
    if _PYTHON.fullmatch(name):
        name = "python"
    elif name.startswith("uwsgi_python"):
        name = "uwsgi"
    elif _FPM.fullmatch(name):  # as distributions call it: php-fpm8.3, php-fpm83
        name = "php-fpm"
    texts = [part.text for part in parts[1:]]
    for tool in platforms().tools:
        for first, *others in tool.commands:
            if first == name and all(word in texts for word in others):
                return tool
    return None


def _process(parts: tuple[Part, ...], variables: dict[str, Variable]) -> Process | None:
    tool = _tool(parts)
    return command_options.process(tool, parts, variables) if tool else None
