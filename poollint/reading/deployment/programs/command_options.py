"""What the words and variables of a known program say: its processes, threads, application."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from itertools import pairwise

from poollint.catalog.platforms import Tool
from poollint.facts.infrastructure import Process, Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.variables import expand, number, unknown
from poollint.syntax import shell

_LIST = re.compile(r"\$\{\w+\[[@*]\]\}")
_APPLICATION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*(?:\(.*\))?")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def process(tool: Tool, parts: tuple[Part, ...], variables: dict[str, Variable]) -> Process:
    """Return what `parts`, which start `tool`, run."""
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
    elif kind == "asked":
        bound = threads if threads.basis is not Basis.DEFAULTED else None
    elif kind == "spread":
        bound, count = replace(count, name="threads"), _single(parts[0])
    elif kind == "single":
        bound, count = one, _single(parts[0])
    elif kind == "one":
        bound = one
    sure = threads.basis is Basis.STATED and not tool.classes
    if kind == "threads" and chosen is None and _config(tool, options) and not sure:
        bound = None  # the file may choose another class, or number
    _, asked = _option(options, tool.threads)
    if kind == "threads" and threads.basis is Basis.DEFAULTED and (_listed(options) or asked):
        bound = None  # how many is filled in when it starts
    span, (_, listed) = parts[0].span, _option(options, tool.include)
    role = "other" if _is_of_python(tool, parts[1:]) else tool.role
    config, (_, folder) = _config(tool, options), _option(options, tool.folder)
    return Process(
        tool.name, span, count, bound, _application(tool, parts[1:]), role,
        preload=_preload(tool, kind, parts[0], options),
        config=config.text if config else "",
        folder=folder.text if folder else "",
        kind=chosen.text if chosen else "",
        included=tuple(listed.text.split(",")) if listed else (),
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
    listed = _listed(options)
    if listed:
        return replace(unknown("workers", listed.span, f"what {listed.text} holds"), high=None)
    config = _config(tool, options)
    if config:
        told = unknown("workers", config.span, f"{tool.name} {config.text}")
        return replace(told, high=None)  # nothing bounds what stands there, unless it is read
    for name in tool.environment:
        if name in variables:
            word = variables[name].value
            return number(word, "workers", name) or unknown("workers", word.origin, name)
    if tool.default is None:
        return unknown("workers", "one for each core of the machine", f"{tool.name} default")
    return Figure.defaulted(tool.default, "workers", f"{tool.name} default")


def _listed(options: tuple[Part, ...]) -> Part | None:
    """Return what stands for the words of a list of the shell, which is not followed."""
    return next((part for part in options if _LIST.fullmatch(part.text)), None)


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
