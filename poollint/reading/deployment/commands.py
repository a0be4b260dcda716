"""Which program a command starts, and how many processes it makes.

What programs there are, their options, variables and defaults stand in
`catalog/platforms.toml`. The command line is stronger than the environment, and that than the
default.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from posixpath import basename

from poollint.catalog.platforms import Tool, Wrapper, platforms
from poollint.facts.infrastructure import Process, Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.documents import Part
from poollint.reading.deployment.variables import Variables, expand, number, unknown
from poollint.syntax import shell

MAX_NESTING = 8
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_FPM = re.compile(r"php-fpm[\d.]+")
_APPLICATION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*(?:\(.*\))?")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_SCRIPT = re.compile(r".*\.(?:sh|bash)|.*entrypoint[^/]*|.*start[^/]*")
_PYTHON_VALUES = frozenset(("-X", "-W", "--check-hash-based-pycs"))

Sources = Mapping[str, SourceFile]
Run = tuple[tuple[Part, ...], dict[str, Variable], bool]


def words(text: str, span: Span, sources: Sources, *, shelled: bool = False) -> tuple[Part, ...]:
    """Split a command that no shell runs; each word knows where it stands in `span`.

    `shelled` tells that `$NAME` in it is replaced when the container starts.
    """
    found = shell.words(text)
    return tuple(replace(p, expands=shelled) for p in located(text, span, sources, found))


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

    Of commands that run one after the other the last known one counts: what comes before it
    (a migration, a wait) has ended. A program that is not known is a `Process` without a tool.
    """
    if not argv:
        return ()
    runs = list(_runs(argv, dict(variables), sources, False, 0))
    last: Process | None = None
    behind: list[Process] = []
    for parts, scope, aside in runs:
        process = _process(parts, scope)
        if process is None:
            continue
        if aside:
            behind.append(process)
        else:
            last = process
    found = (*behind, last) if last else tuple(behind)
    if found:
        return tuple(p for p in found if p.role != "migration") or found[-1:]
    unnamed = Figure(1, 1, "processes", Basis.ASSUMED, "one process")
    role = "script" if _SCRIPT.fullmatch(argv[0].text) or len(runs) > 1 else "other"
    first = runs[0][0][0] if runs and runs[0][0] else argv[0]
    if _SCRIPT.fullmatch(first.text):
        role = "script"
    return (Process("", first.span, unnamed, None, first.text, role),)


def started(argv: tuple[Part, ...], variables: Variables, sources: Sources) -> Iterator[Process]:
    """Yield every known program that `argv` runs, those before the last one too."""
    for parts, scope, _ in _runs(argv, dict(variables), sources, False, 0):
        process = _process(parts, scope) if parts else None
        if process is not None:
            yield process


def _runs(
    parts: tuple[Part, ...], scope: dict[str, Variable], sources: Sources, behind: bool,
    depth: int,
) -> Iterator[Run]:  # fmt: skip
    """Yield each program that is started, wrappers taken off, with its variables."""
    while parts:
        name = basename(parts[0].text)
        wrapper = platforms().wrapper(name)
        if wrapper and wrapper.script:
            script, rest = _script(parts[1:])
            if script is None:
                parts = rest
            elif depth < MAX_NESTING:
                yield from _of_script(script, scope, sources, behind, depth)
                return
            else:
                return
        elif wrapper and _wraps(wrapper, parts):
            parts = _unwrapped(wrapper, parts, scope)
        elif _PYTHON.fullmatch(name):
            inner = _python(parts)
            if inner is None:
                yield parts, scope, behind
                return
            parts = inner
        elif len(parts) > 1 and _SCRIPT.fullmatch(name) and _is_program(parts[1:]):
            parts = parts[1:]
        else:
            yield parts, scope, behind
            return


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
    script: Part, scope: dict[str, Variable], sources: Sources, behind: bool, depth: int
) -> Iterator[Run]:
    for command in shell.commands(script.text):
        inner = dict(scope) if command.words else scope
        for name, word in command.assignments:
            (part,) = located(script.text, script.span, sources, (word,))
            inner[name] = Variable(name, expand(part, scope))
        if command.words[:1] and command.words[0].text == "export":
            for word in command.words[1:]:
                name, _, text = word.text.partition("=")
                scope[name] = Variable(name, expand(Part(text, script.span), scope))
            continue
        found = located(script.text, script.span, sources, command.words)
        yield from _runs(found, inner, sources, behind or command.behind, depth + 1)


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
    return rest if rest and _tool(rest) else None


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
    if tool is None:
        return None
    options = _from_variable(tool, variables) + parts[1:]  # the last one counts
    count = _count(tool, options, variables)
    threads = _number(options, tool.threads, "threads", variables) or Figure.defaulted(
        tool.default_threads, "threads", f"{tool.name} default"
    )
    _, chosen = _option(options, tool.classes)
    kind = tool.kind(expand(chosen, variables).value or "*" if chosen else tool.default_class)
    one = Figure(1, 1, "threads", Basis.STATED, parts[0].span)
    bound: Figure | None = None
    if kind == "threads":
        bound = threads
    elif kind == "spread":
        bound, count = replace(count, name="threads"), _single(parts[0])
    elif kind == "single":
        bound, count = one, _single(parts[0])
    elif kind == "one":
        bound = one
    sure = threads.basis is Basis.STATED and not tool.classes
    if kind == "threads" and chosen is None and _config(tool, options) and not sure:
        bound = None  # the file may choose another class, or number
    span = parts[0].span
    role = "other" if _is_of_python(tool, parts[1:]) else tool.role
    config, (_, folder) = _config(tool, options), _option(options, tool.folder)
    return Process(
        tool.name, span, count, bound, _application(tool, parts[1:]), role,
        preload=_preload(tool, kind, parts[0], options),
        config=config.text if config else "",
        folder=folder.text if folder else "",
        kind=chosen.text if chosen else "",
    )  # fmt: skip


def _preload(tool: Tool, kind: str, program: Part, options: tuple[Part, ...]) -> Span | None:
    """Return what says that the application is loaded before the workers are forked."""
    _, chosen = _option(options, tool.classes)
    if kind in ("single", "spread") or (chosen and tool.preloads and chosen.text not in tool.kinds):
        return None
    if tool.preloads:
        return None if any(part.text in tool.lazy for part in options) else program.span
    return next((part.span for part in options if part.text in tool.preload), None)


def _is_of_python(tool: Tool, options: tuple[Part, ...]) -> bool:
    """Tell whether `python -m` runs a module of the standard library (`http.server`)."""
    if tool.name != "python":
        return False
    module = next((b.text for a, b in pairwise(options) if a.text == "-m"), "")
    return module.partition(".")[0] in sys.stdlib_module_names


def _single(part: Part) -> Figure:
    return Figure(1, 1, "workers", Basis.STATED, part.span, part.text)


def _from_variable(tool: Tool, variables: dict[str, Variable]) -> tuple[Part, ...]:
    """Return the arguments that a variable adds (GUNICORN_CMD_ARGS)."""
    variable = variables.get(tool.arguments)
    if not variable or not variable.value.value or not isinstance(variable.value.origin, Span):
        return ()
    return tuple(Part(w.text, variable.value.origin) for w in shell.words(variable.value.value))


def _count(tool: Tool, options: tuple[Part, ...], variables: dict[str, Variable]) -> Figure:
    """Return the number of processes, from the strongest source that gives one."""
    if any(part.text in tool.alone for part in options):
        return Figure.defaulted(1, "workers", f"{tool.name} with {tool.alone[0]}")
    _, ends = _option(options, (tool.range,) if tool.range else ())
    if ends:
        return _range(ends, variables)
    name, part = _option(options, tool.options)
    if part:
        hint = f"{name} {part.text}"
        return number(expand(part, variables), "workers", hint) or unknown(
            "workers", part.span, hint
        )
    config = _config(tool, options)
    if config:
        return unknown("workers", config.span, f"{tool.name} {config.text}")
    for name in tool.environment:
        if name in variables:
            word = variables[name].value
            return number(word, "workers", name) or unknown("workers", word.origin, name)
    if tool.default is None:
        return unknown("workers", "one for each core of the machine", f"{tool.name} default")
    return Figure.defaulted(tool.default, "workers", f"{tool.name} default")


def _range(part: Part, variables: dict[str, Variable]) -> Figure:
    """Return the larger number of `--autoscale=10,3`, in whichever order they stand."""
    word = expand(part, variables)
    ends = [number(Word(t, word.basis, word.origin), "workers", f"--autoscale {part.text}")
            for t in (word.value or "").split(",")]  # fmt: skip
    known = [figure for figure in ends if figure]
    if not known or len(known) != len(ends):
        return unknown("workers", part.span, "--autoscale")
    return max(known, key=lambda figure: figure.low)


def _config(tool: Tool, options: tuple[Part, ...]) -> Part | None:
    _, named = _option(options, tool.config)
    if named or not tool.config_suffixes:
        return named
    return next((part for part in options if part.text.endswith(tool.config_suffixes)), None)


def _number(
    options: tuple[Part, ...], names: tuple[str, ...], title: str, variables: dict[str, Variable]
) -> Figure | None:
    name, part = _option(options, names)
    return number(expand(part, variables), title, f"{name} {part.text}") if part else None


def _program(options: tuple[Part, ...]) -> str:
    for index, part in enumerate(options):
        if part.text == "-m":
            return options[index + 1].text if index + 1 < len(options) else ""
        if not part.text.startswith("-"):
            return part.text if part.text.endswith(".py") else ""
    return ""


def _option(options: tuple[Part, ...], names: tuple[str, ...]) -> tuple[str, Part | None]:
    """Return the last of `names` that is given, and its value: `-w 4`, `-w4`, `--workers=4`."""
    found: tuple[str, Part | None] = ("", None)
    for index, part in enumerate(options):
        for name in names:
            if part.text == name and index + 1 < len(options):
                found = name, options[index + 1]
            elif part.text.startswith(f"{name}=") or (
                len(name) == 2 and part.text.startswith(name) and len(part.text) > 2
            ):
                value = part.text[len(name) :].removeprefix("=")
                found = name, replace(part, text=value)
    return found


def _application(tool: Tool, options: tuple[Part, ...]) -> str:
    """Return what is loaded: `shop.api:app`, `shop.jobs`, or the path of a script."""
    if tool.name == "python":
        return _program(options)
    _, named = _option(options, tool.application)
    if named:
        return named.text
    before = ""
    fallback = ""
    for part in options:
        text, option = part.text, before.startswith("-") and before not in tool.switches
        if _APPLICATION.fullmatch(text) and not (option and text.partition(":")[2].isdigit()):
            return text
        if not option and text.endswith(".py"):
            return text
        if not option and not text.startswith("-") and _MODULE.fullmatch(text):
            fallback = text
        before = "" if "=" in text else text
    return fallback
