"""A chart's template as YAML: what is a plain reference to a value becomes a mark for it.

Helm's templates are programs that write text. Most of what concerns us is plain, though:
`replicas: {{ .Values.replicaCount }}`, a block under `if .Values.autoscaling.enabled`, an
environment by `toYaml`. A plain reference is replaced by a mark that stands for it; lines of
blocks whose condition is known to be false are emptied; every other action becomes a mark for a
text that is not known. No line moves, so that all places stay.

Source: helm.sh/docs/chart_template_guide; text/template of Go 1.22.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MARK = "HELM_VALUE_"
UNKNOWN = "HELM_UNKNOWN"
NAME = "HELM_NAME"
RELEASE = "HELM_RELEASE"
CHART = "HELM_CHART"
ACTION = re.compile(
    r"\{\{-?\s*(?P<code>(?:[^{}\"`]|\"[^\"\n]*\"|`[^`]*`|\{(?!\{)|\}(?!\}))*?)\s*-?\}\}"
)
_VALUE = re.compile(r"\$?\.Values((?:\.[A-Za-z_]\w*)+)")
_PLAIN = re.compile(
    r"(?:toYaml\s+|int\s+|quote\s+|tpl\s+)?\(?\$?\.Values(?P<path>(?:\.[A-Za-z_]\w*)+)\)?(?P<pipes>(?:\s*\|[^|]+)*)"
)
_PIPE = re.compile(r"\s*(?:quote|squote|int|int64|toString|toYaml|trim|(?:n?indent)\s+\d+)\s*")
_DEFAULT = re.compile(r"\s*default\s+\"?([\w.%/-]+)\"?\s*")
_NAMES = (
    (re.compile(r"\$?\.Release\.Name\b"), RELEASE),
    (re.compile(r"\$?\.Chart\.Name\b"), CHART),
    (re.compile(r"(?:include|template)\s+\"[\w./-]*fullname\"", re.I), NAME),
    (re.compile(r"(?:include|template)\s+\"[\w./-]*name\"", re.I), NAME),
)
_TEXT = re.compile(r"\"([^\"\n]*)\"(?P<pipes>(?:\s*\|\s*(?:quote|squote|toString))*)")
_INDENT = re.compile(r"\|\s*n?indent\s+(\d{1,3})\b")
WORD = re.compile(r"(?P<word>if|else if|else|end|with|range|define|block)\b\s*(?P<rest>.*)", re.S)

_ALONE = re.compile(rf"\s*{MARK}\S+\s*")
_KEY = re.compile(r"(\s*(?:- )*)[\w./-]+:\s*")
_LONELY = re.compile(rf"\s*(?:{NAME}|{RELEASE}|{CHART}|{UNKNOWN}\w*)\s*")

Truth = Callable[[str], bool | None]


@dataclass(slots=True)
class _Block:
    """An open block: whether its lines count, and whether a branch of it did."""

    shown: bool
    taken: bool
    inside: str = ""  # the path of values that `.` stands for


def plain(text: str, truth: Truth) -> str:
    """Return a template as YAML with marks.

    `truth` tells whether the value at a path ("autoscaling.enabled") is true, None where it is
    not known.
    """
    found: list[str] = []
    stack: list[_Block] = []
    at = 0
    for match in ACTION.finditer(text):
        found.append(_kept(text[at : match.start()], stack))
        found.append(_action(match, text, stack, truth))
        at = match.end()
    found.append(_kept(text[at:], stack))
    return _without_lonely("".join(found))


def _kept(text: str, stack: list[_Block]) -> str:
    """Return text as it is, or only its line ends where the block it is in does not count."""
    if all(block.shown for block in stack):
        return text
    return "".join("\n" if sign == "\n" else " " for sign in text)


def _action(match: re.Match[str], text: str, stack: list[_Block], truth: Truth) -> str:
    code = match["code"].strip()
    lines = "\n" * match[0].count("\n")
    control = WORD.match(code)
    if control:
        _enter(control["word"], control["rest"].strip(), stack, truth)
        return lines
    if code.startswith("/*") or ":=" in code.split('"')[0] or not code:
        return lines
    if not all(block.shown for block in stack):
        return lines
    alone = match.start() == 0 or text[match.start() - 1] == "\n"
    deep = _INDENT.search(code) if alone else None
    return " " * (int(deep[1]) if deep else 0) + _mark(code, stack) + lines


def _enter(word: str, rest: str, stack: list[_Block], truth: Truth) -> None:
    match word:
        case "if" | "with":
            known = _truth(rest, truth)
            path = _VALUE.fullmatch(rest) if word == "with" else None
            shown = known is not False
            stack.append(_Block(shown, shown, path[1][1:] if path else ""))
        case "range" | "define" | "block":  # how often, and where, is not known
            stack.append(_Block(False, True))
        case "else" | "else if" if stack:
            top = stack[-1]
            known = _truth(rest.removeprefix("if").strip(), truth) if word == "else if" else True
            top.shown = not top.taken and known is not False
            top.taken = top.taken or top.shown
        case "end" if stack:
            stack.pop()


def _truth(code: str, truth: Truth) -> bool | None:
    """Return whether a condition holds, None where it is more than a value or its opposite."""
    negated = code.startswith("not ")
    code = code.removeprefix("not ").strip().removeprefix("(").removesuffix(")")
    if code.startswith("and "):
        parts = [_truth(part, truth) for part in code[4:].split()]
        known = False if False in parts else (None if None in parts else True)
    elif code.startswith("or "):
        parts = [_truth(part, truth) for part in code[3:].split()]
        known = True if True in parts else (None if None in parts else False)
    else:
        path = _VALUE.fullmatch(code)
        known = truth(path[1][1:]) if path else None
    return None if known is None else known != negated


def _mark(code: str, stack: list[_Block]) -> str:
    inside = next((block.inside for block in reversed(stack) if block.inside), "")
    if inside and re.fullmatch(r"toYaml \.(?:\s*\|\s*n?indent \d+)?", code):
        return f"{MARK}{inside}"
    value = _PLAIN.fullmatch(code)
    if value:
        default = ""
        for pipe in filter(None, value["pipes"].split("|")):
            given = _DEFAULT.fullmatch(pipe)
            if given:
                default = f"={given[1]}"
            elif pipe.strip() and not _PIPE.fullmatch(pipe):
                return unknown(code)
        return f"{MARK}{value['path'][1:]}{default}"
    text = _TEXT.fullmatch(code)
    if text:
        return f'"{text[1]}"' if "quote" in text["pipes"] else text[1]
    return next((mark for name, mark in _NAMES if name.match(code)), unknown(code))


def unknown(code: str) -> str:
    """Return the mark of an action whose text is not known: the same for the same action."""
    return f"{UNKNOWN}_{re.sub(r'[^A-Za-z0-9]+', '_', code)[:60].strip('_')}_"


def _without_lonely(text: str) -> str:
    """Return the text without lines that hold nothing but a mark, where they are no value.

    A value that is put in beside other fields (`toYaml` above more labels) would have to be merged
    with them. An unknown may be anything: beside elements of a list it stays one of them.
    """
    lines = text.split("\n")
    for at, row in enumerate(lines):
        if _LONELY.fullmatch(row):
            lines[at] = _instead(lines, at)
        elif _ALONE.fullmatch(row) and not _is_value(lines, at):
            lines[at] = " " * len(row)
    return "\n".join(lines)


def _instead(lines: list[str], at: int) -> str:
    """Return what stands for an unknown alone on its line: a value, an element, or nothing."""
    above = next((row for row in reversed(lines[:at]) if row.strip()), "")
    below = next((row for row in lines[at + 1 :] if row.strip()), "")
    key = _KEY.fullmatch(above)
    if key and _indent(below) <= len(key[1]):
        return f"{' ' * (len(key[1]) + 2)}{UNKNOWN}_"
    if below.lstrip().startswith("- ") and (key or _indent(below) <= _indent(above)):
        return f"{' ' * (_indent(below) - 1)}- {UNKNOWN}_"
    return ""


def _is_value(lines: list[str], at: int) -> bool:
    """Tell whether a line is all that stands below the key above it."""
    above = next((row for row in reversed(lines[:at]) if row.strip()), "")
    below = next((row for row in lines[at + 1 :] if row.strip()), "")
    key = _KEY.fullmatch(above)
    return key is not None and _indent(below) <= len(key[1])


def _indent(row: str) -> int:
    """Return how far a line is in; an element of a list counts as one deeper than its sign."""
    inner = len(row) - len(row.lstrip())
    return inner + 1 if row.lstrip().startswith("- ") else inner
