"""Marks in what a template writes: for what is not known, and for values that no file states.

A mark that stands alone in its line is taken out where it would be no value: what is put in
beside other fields (`toYaml` of something unknown above more labels) cannot be merged with them.
"""

from __future__ import annotations

import re

VALUE = "HELM_VALUE_"
UNKNOWN = "HELM_UNKNOWN"

_ALONE = re.compile(rf"\s*{VALUE}\S+\s*")
_KEY = re.compile(r"(\s*(?:- )*)[\w./-]+:\s*")
_LONELY = re.compile(rf"\s*{UNKNOWN}\w*\s*")


def unknown(code: str) -> str:
    """Return the mark of an action whose text is not known: the same for the same action."""
    return f"{UNKNOWN}_{re.sub(r'[^A-Za-z0-9]+', '_', code)[:60].strip('_')}_"


def without_lonely(text: str) -> str:
    """Return the text without lines that hold nothing but a mark, where they are no value.

    An unknown may be anything: beside elements of a list it stays one of them.
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
