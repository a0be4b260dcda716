"""Comments that ignore findings: `# poollint: ignore[name] reason`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from poollint.model.finding import Finding
from poollint.model.source import Comment, SourceFile, Span, Unreadable
from poollint.syntax import python
from poollint.syntax.comments import comments

MARK = "poollint:"  # a file without it holds no suppression

# The text after `]` is the reason, up to a further comment (`# type: …`).
_IGNORE = re.compile(
    r"""(?:^|(?<=\s))[#;]+\s*poollint:\s*ignore(?P<file>-file)?(?![\w-])\s*
        (?:\[(?P<names>[^\]]*)\])?(?P<reason>.*?)(?=\s[#;]+\s|$)""",
    re.X,
)
_NAME = re.compile(r"[^\s,]+")
_NOT_CODE = re.compile(r"\s*(?:[#;].*|---\s*)?")  # blank, a comment, the mark of a YAML document
_LAST = 1 << 60


@dataclass(frozen=True, slots=True)
class Name:
    """A name inside the brackets; `rule` is the rule it means, "" where there is none."""

    text: str
    span: Span
    rule: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Ignore:
    """A suppression: what it names, why, and the lines it covers.

    span         the comment from its sign to the end of the reason
    names        none for a bare `ignore`
    first, last  lines, both included
    misplaced    an `ignore-file` below the head of the file, which covers nothing
    unexplained  it has no reason although the settings require one
    """

    span: Span
    names: tuple[Name, ...]
    reason: str
    first: int
    last: int
    misplaced: bool = False
    unexplained: bool = False

    def covers(self, span: Span) -> bool:
        """Tell whether a place lies in the lines this covers, at least in part."""
        if span.path != self.span.path:
            return False
        # The end is exclusive: a span that ends before the first column is not on that line.
        end = span.end.line - (span.end.column == 1 and span.end.line > span.start.line)
        return span.start.line <= self.last and end >= self.first


@dataclass(frozen=True, slots=True)
class Unused:
    """An ignore, and those of its names that suppressed nothing."""

    ignore: Ignore
    names: tuple[Name, ...]


Resolve = Callable[[str], tuple[str, str]]


def ignores(source: SourceFile, resolve: Resolve, require_reason: bool) -> tuple[Ignore, ...]:
    """Return the suppressions of a file.

    `resolve` takes a name and returns the rule it means ("" if none) and what may have been
    meant instead.
    """
    if MARK not in source.text:
        return ()
    found = comments(source)
    marked = [(comment, m) for comment in found for m in _IGNORE.finditer(comment.text)]
    if not marked:
        return ()
    layout = _Layout(source, found)
    return tuple(
        _ignore(comment, match, layout, resolve, require_reason) for comment, match in marked
    )


def _ignore(
    comment: Comment, match: re.Match[str], layout: _Layout, resolve: Resolve, strict: bool
) -> Ignore:
    reason = match["reason"].strip()
    line = comment.span.start.line
    first, last = line, line
    misplaced = False
    if match["file"]:
        misplaced = line >= layout.head_end
        first, last = (0, -1) if misplaced else (1, _LAST)
    elif comment.own_line:
        first, last = layout.after(line)
    return Ignore(
        span=_part(comment, *match.span()),
        names=tuple(_names(comment, match, resolve)),
        reason=reason,
        first=first,
        last=last,
        misplaced=misplaced,
        unexplained=strict and not reason,
    )


def _names(comment: Comment, match: re.Match[str], resolve: Resolve) -> Iterator[Name]:
    if match["names"] is None:
        return
    for name in _NAME.finditer(match["names"]):
        start = match.start("names") + name.start()
        rule, hint = resolve(name[0])
        yield Name(name[0], _part(comment, start, start + len(name[0])), rule, hint)


def _part(comment: Comment, start: int, end: int) -> Span:
    at = comment.span.start
    return Span.at(comment.span.path, at.line, at.column + start, end - start)


class _Layout:
    """Which lines of a file belong together."""

    def __init__(self, source: SourceFile, found: Iterable[Comment]) -> None:
        self._source = source
        self._comments = {c.span.start.line for c in found if c.own_line}
        self._count = source.position(len(source.text)).line
        self._statements: list[tuple[int, int]] = []
        self.head_end = self._code_after(0)
        if source.path.endswith((".py", ".pyi")):
            self._read_python()

    def after(self, line: int) -> tuple[int, int]:
        """Return the lines of the statement that follows a comment on `line`."""
        inside = any(first < line <= last for first, last in self._statements)
        if not inside:
            for first, last in self._statements:
                if first > line:
                    return first, last
        following = self._code_after(line)
        return following, following

    def _code_after(self, line: int) -> int:
        number = line + 1
        while number <= self._count and self._is_no_code(number):
            number += 1
        return number

    def _is_no_code(self, line: int) -> bool:
        return line in self._comments or bool(_NOT_CODE.fullmatch(self._source.line(line)))

    def _read_python(self) -> None:
        parsed = python.parse(self._source)
        if isinstance(parsed, Unreadable):
            return  # broken, or beyond the parser: the next line has to do
        tree = parsed.module
        nodes = (n for n in ast.walk(tree) if isinstance(n, ast.stmt | ast.ExceptHandler))
        self._statements = sorted(self._header(node) for node in nodes)
        body = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
        self.head_end = _first_line(body[0]) if body else self._count + 1

    def _header(self, node: ast.stmt | ast.ExceptHandler) -> tuple[int, int]:
        """Return the lines of a statement, of a compound one those before its body."""
        first, last = _first_line(node), node.end_lineno or node.lineno
        body = getattr(node, "body", None) or getattr(node, "cases", None)
        if not body:
            return first, last
        inner = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
        last = max(first, _first_line(inner) - 1)
        while last > first and self._is_no_code(last):
            last -= 1
        return first, last


def _first_line(node: ast.stmt | ast.ExceptHandler | ast.pattern) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def apply(
    findings: Iterable[Finding], found: Iterable[Ignore]
) -> tuple[list[Finding], set[tuple[Span, str]]]:
    """Return the findings, those that are ignored with the reason, and which ignores did it.

    An ignore counts at any place a finding shows. What did it is told by the span of the ignore
    and the name of the rule.
    """
    by_rule: dict[str, list[Ignore]] = {}
    for ignore in found:
        for rule in {name.rule for name in ignore.names if name.rule}:
            by_rule.setdefault(rule, []).append(ignore)
    used: set[tuple[Span, str]] = set()
    outcome = []
    for finding in findings:
        hits = [
            ignore
            for ignore in by_rule.get(finding.rule, ())
            if any(ignore.covers(place) for place in finding.places)
        ]
        used.update((ignore.span, finding.rule) for ignore in hits)
        outcome.append(replace(finding, suppressed=hits[0].reason) if hits else finding)
    return outcome, used


def unused(
    found: Iterable[Ignore], used: set[tuple[Span, str]], ran: frozenset[str]
) -> Iterator[Unused]:
    """Yield the ignores with names that suppressed nothing, of the rules that ran."""
    for ignore in found:
        names = tuple(
            name
            for name in ignore.names
            if name.rule in ran and (ignore.span, name.rule) not in used
        )
        if names:
            yield Unused(ignore, names)
