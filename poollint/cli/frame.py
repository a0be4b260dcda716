"""How an error of usage is shown: with the line of the settings file it is about."""

from __future__ import annotations

from poollint.model.secret import mask
from poollint.model.source import Span
from poollint.model.usage import UsageError


def shown(error: UsageError) -> str:
    """Return the error for a person, with its place where it has one."""
    head = f"error: {mask(error.message)}"
    hint = mask(error.hint)
    if error.span is None:
        return f"{head}\n  = {hint}\n" if hint else f"{head}\n"
    return f"{head}\n{_frame(error.span, error.line, hint)}"


def _frame(span: Span, line: str, label: str) -> str:
    number = str(span.start.line)
    margin = " " * len(number)
    start = span.start.column - 1
    width = span.end.column - span.start.column if span.end.line == span.start.line else 1
    marks = " " * start + "^" * max(width, 1)
    return (
        f"{margin}--> {span.path}:{span.start.line}:{span.start.column}\n"
        f"{margin} |\n"
        f"{number} | {mask(line).expandtabs(1)}\n"
        f"{margin} | {marks} {label}".rstrip()
        + "\n"
    )
