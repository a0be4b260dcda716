"""How an error of usage is shown: with the line of the settings file it is about."""

from __future__ import annotations

from poollint.model.secret import mask
from poollint.model.source import Span
from poollint.model.usage import UsageError
from poollint.report.characters import named, said, width


def shown(error: UsageError) -> str:
    """Return the error for a person, with its place where it has one."""
    head = f"error: {said(error.message)}"
    hint = said(error.hint)
    if error.span is None:
        return f"{head}\n  = {hint}\n" if hint else f"{head}\n"
    return f"{head}\n{_frame(error.span, error.line, hint)}"


def _frame(span: Span, line: str, label: str) -> str:
    number = str(span.start.line)
    margin = " " * len(number)
    text = mask(line).expandtabs(1)
    start, end = span.start.column - 1, span.end.column - 1
    before = width(named(text[:start]))
    marked = width(named(text[start:end])) if span.end.line == span.start.line else 1
    marks = " " * before + "^" * max(marked, 1)
    return (
        f"{margin}--> {named(span.path)}:{span.start.line}:{span.start.column}\n"
        f"{margin} |\n"
        f"{number} | {named(text)}\n"
        f"{margin} | {marks} {label}".rstrip()
        + "\n"
    )
