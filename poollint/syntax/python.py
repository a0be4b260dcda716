"""Python: `ast` to aim, libcst for the statements that matter, spans for both.

`ast` is ten times faster and reads the whole file; it also serves as the gate, because libcst
kills the process on some valid Python (an `and` chain of 20,000 terms, 3,000 nested calls).
Only the statements a reader asks for are parsed by libcst, one at a time, at their own lines
and columns.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from poollint.model.source import Position, SourceFile, Span, Unreadable
from poollint.syntax.itself import OBJECT, name_objects
from poollint.syntax.nodes import children
from poollint.syntax.rebinding import plain, rename
from poollint.syntax.replaced import replaced

if TYPE_CHECKING:
    import libcst as cst
    from libcst.metadata import CodeRange

MAX_DEPTH = 100  # nested nodes; libcst recurses about six Python frames for each
MAX_WIDTH = 400  # operands of one `and`, comparison or run of adjacent strings
MAX_CHARACTERS = 1_000_000  # libcst needs about 350 bytes of memory for each
_FRAMES = 8_000
_DECORATED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SHORT = 6_000  # characters of a statement that `ast` refused and libcst is to try
_DEFINITION = re.compile(r"[ \t]*(?:async[ \t]+)?(?:def|class)\b")
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b")
# Python 3.14 reads `except A, B:` again. What Python 2 bound there is in lower case and has no
# dot; what is caught is a class.
_PYTHON_2 = re.compile(r"\s*except\b[^:#]*,\s*[a-z_][a-z0-9_]*\s*:")
_ADJACENT = re.compile(r"""["'](?:\s|\\\n)*(?:[rbufRBUF]{0,2})["']""")


@dataclass(frozen=True)
class Unit:
    """A statement (a function, a method, or one at import) as libcst sees it."""

    name: str
    source: SourceFile
    statements: tuple[cst.BaseStatement | cst.BaseSmallStatement, ...]
    _module: cst.Module
    _lines: int

    @cached_property
    def _ranges(self) -> dict[cst.CSTNode, CodeRange]:
        from libcst.metadata import PositionProvider

        class Ranges(PositionProvider):  # as `MetadataWrapper` would, which walks a second time
            def of(self, module: cst.Module) -> dict[cst.CSTNode, CodeRange]:
                found: dict[cst.CSTNode, CodeRange] = {}
                self._computed = found  # type: ignore[assignment]  # no value of ours is lazy
                self._gen_impl(module)
                return found

        with deep_recursion():
            return Ranges().of(self._module)

    def span(self, node: cst.CSTNode) -> Span:
        """Return where `node`, one of this unit's, stands in the file."""
        found = self._ranges[node]
        return Span(
            self.source.path,
            Position(found.start.line + self._lines, found.start.column + 1),
            Position(found.end.line + self._lines, found.end.column + 1),
        )

    def rename(self, names: Mapping[Position, str]) -> None:
        """Give what stands at these places of the file other names, and move nothing by it."""
        import libcst as cst

        for node in self._ranges:
            name = names.get(self.span(node).start) if isinstance(node, cst.Name) else None
            if name is not None:
                object.__setattr__(node, "value", name)

    def code(self, node: cst.CSTNode) -> str:
        """Return `node` as it is written."""
        with deep_recursion():
            return plain(self._module.code_for_node(node))


class deep_recursion:  # noqa: N801
    """Let libcst recurse as deep as `MAX_DEPTH` needs."""

    def __enter__(self) -> None:
        self._before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(self._before, _FRAMES))

    def __exit__(self, *_: object) -> None:
        sys.setrecursionlimit(self._before)


@dataclass(frozen=True)
class PythonTree:
    """A file that `ast` could parse.

    Names that a function gives again bear a mark (`rebinding`), and the object of a method is
    `self` (`itself`); `renamed` is what stands where for another name of the file.
    """

    source: SourceFile
    module: ast.Module
    renamed: Mapping[Position, str] = field(init=False)

    def __post_init__(self) -> None:
        module, text = self.module, self.source.text
        objects = name_objects(module, text) if module.body else []
        again = rename(module, text) if module.body else []
        renamed = {self.span(node).start: OBJECT for node in objects}
        renamed |= {self.span(node).start: node.id for node in again}
        object.__setattr__(self, "renamed", renamed)

    def span(self, node: ast.expr | ast.stmt | ast.arg) -> Span:
        """Return where an `ast` node stands; its columns count bytes, ours characters."""
        return Span(
            self.source.path,
            self._position(node.lineno, node.col_offset),
            self._position(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def _position(self, line: int, octets: int) -> Position:
        text = self.source.line(line)
        if not text.isascii():
            octets = len(text.encode("utf-8", "surrogatepass")[:octets].decode("utf-8", "ignore"))
        return Position(line, octets + 1)

    def statements(self) -> Iterator[tuple[str, tuple[ast.stmt, ...]]]:
        """Yield what makes a unit, with the qualified name of the enclosing class.

        A function or method is one by itself, unless another replaces it; so is any other
        statement at import or in a class body, with those that share its lines.
        """
        yield from self._statements("", self.module.body)

    def _statements(
        self, prefix: str, body: list[ast.stmt]
    ) -> Iterator[tuple[str, tuple[ast.stmt, ...]]]:
        group: list[ast.stmt] = []
        dead = replaced(body)
        for statement in body:
            if id(statement) in dead:
                continue
            if isinstance(statement, ast.ClassDef) and self._opens_line(statement.body[0]):
                yield from _flush(prefix, group)
                group = []
                yield from self._statements(f"{prefix}{statement.name}.", statement.body)
            elif group and statement.lineno <= (group[-1].end_lineno or 0):
                group.append(statement)
            else:
                yield from _flush(prefix, group)
                group = [statement]
        yield from _flush(prefix, group)

    def _opens_line(self, statement: ast.stmt) -> bool:
        """Tell whether nothing stands before a statement: no `class A:`, no `):`."""
        line = self.source.line(statement.lineno)
        at = statement.col_offset
        # a decorated one begins with its decorator, and stands on lines of its own
        return isinstance(statement, _DECORATED) or not line[:at].strip()

    def unit(self, name: str, statements: tuple[ast.stmt, ...]) -> Unit | Unreadable:
        """Parse `statements` (as `statements()` gives them) with libcst."""
        import libcst as cst

        first, last = statements[0], statements[-1]
        start = min((d.lineno for d in getattr(first, "decorator_list", ())), default=first.lineno)
        reason = too_deep(self.source, statements)
        if reason:
            return Unreadable(self.span(first), reason, broken=False)
        begin = self.source.offset(Position(start, 1))
        text = self.source.text[begin : self.source.offset(Position((last.end_lineno or 0) + 1, 1))]
        indented = first.col_offset > 0 and text[:1] in " \t"
        try:
            with deep_recursion():
                module = cst.parse_module(f"if 1:\n{text}" if indented else text)
        except cst.ParserSyntaxError as error:
            # `ast` could: a gap of libcst (`(x): int = 1`), and no fault of the file
            reason = f"libcst cannot parse this: {error.message}"
            return Unreadable(self.span(first), reason, broken=False)
        body = module.body[0].body.body if indented else module.body  # type: ignore[union-attr]
        unit = Unit(name, self.source, tuple(body), module, start - (2 if indented else 1))
        if any(start <= at.line <= (last.end_lineno or 0) for at in self.renamed):
            unit.rename(self.renamed)
        return unit


def parse(source: SourceFile) -> PythonTree | Unreadable:
    """Parse a file with `ast`, or say why it cannot be."""
    path = source.path
    if len(source.text) > MAX_CHARACTERS:
        size = f"{len(source.text):,} characters; poollint reads Python files up to"
        return Unreadable(Span.at(path), f"{size} {MAX_CHARACTERS:,}", broken=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source.text)
    except SyntaxError as error:
        return _as_older(source) or _refused(source, error)
    except ValueError as error:  # a NUL byte
        return Unreadable(Span.at(path), f"no Python: {error}")
    except (RecursionError, MemoryError):
        return Unreadable(Span.at(path), "nested too deeply to be parsed", broken=False)
    return PythonTree(source, module)


def _as_older(source: SourceFile) -> PythonTree | None:
    """Parse a file without its newer syntax; None where that is not what is in the way."""
    from poollint.syntax.newer import older

    if any(_PYTHON_2.match(line) for line in source.text.splitlines() if "except" in line):
        return None
    text = older(source.text)
    if text == source.text:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return PythonTree(source, ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _refused(source: SourceFile, error: SyntaxError) -> Unreadable:
    """Tell broken syntax from syntax that is newer than the Python poollint runs on."""
    version = ".".join(map(str, sys.version_info[:2]))
    at = Span.at(source.path, max(error.lineno or 1, 1), max(error.offset or 1, 1))
    # No later Python ends a text of several lines that nothing ends.
    old = _PYTHON_2.match(source.line(at.start.line)) or "triple-quoted" in error.msg
    if not old and _reads_as_newer(source.text, at.start.line):
        newer = f"needs a Python newer than the {version} poollint runs on: {error.msg}"
        return Unreadable(at, newer, broken=False)
    return Unreadable(at, f"no Python {version}: {error.msg}")


def _reads_as_newer(text: str, line: int) -> bool:
    """Tell whether libcst, which knows later syntax than the running Python, parses the place.

    Only the innermost definition around `line` is tried, and only a short one: libcst must not
    be given what `ast` has not measured (see `too_deep`).
    """
    import libcst as cst

    chunk = _around(text.splitlines(keepends=True), line)
    depth = deepest = 0
    for bracket in re.findall(r"[()\[\]{}]", chunk):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH or len(chunk) > _SHORT or re.search(r"[-+~]{50}", chunk):
        return False
    try:
        with deep_recursion():
            cst.parse_module(f"if 1:\n{chunk}" if chunk[:1] in " \t" else chunk)
    except (cst.ParserSyntaxError, RecursionError):
        return False
    return bool(chunk.strip())


def _around(lines: list[str], line: int) -> str:
    """Return the definition, or the statement at import, in which `line` (from 1) stands."""
    at = min(line, len(lines)) - 1
    while at > 0 and not _DEFINITION.match(lines[at]):
        if lines[at][:1] not in " \t\r\n)]}#" and not _CONTINUES.match(lines[at]):
            break
        at -= 1
    indent = len(lines[at]) - len(lines[at].lstrip(" \t")) if lines else 0
    end = at + 1
    while end < len(lines):
        text = lines[end].lstrip(" \t")
        deeper = len(lines[end]) - len(text) > indent or text[:1] in "\r\n)]}#"
        if not deeper and not _CONTINUES.match(text):
            break
        end += 1
    return "".join(lines[at:end])


def _flush(prefix: str, group: list[ast.stmt]) -> Iterator[tuple[str, tuple[ast.stmt, ...]]]:
    if group:
        yield prefix.rstrip("."), tuple(group)


def too_deep(source: SourceFile, statements: tuple[ast.stmt, ...]) -> str:
    """Return why libcst must not be asked to parse these statements, "" if it may."""
    level: list[ast.AST] = list(statements)
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return f"nested more than {MAX_DEPTH} deep"
        if any(_too_wide(source, node) for node in level):
            return f"an expression of more than {MAX_WIDTH} parts"
        level = [child for node in level for child in children(node)]
    return ""


def _too_wide(source: SourceFile, node: ast.AST) -> bool:
    if isinstance(node, ast.BoolOp):
        return len(node.values) > MAX_WIDTH
    if isinstance(node, ast.Compare):
        return len(node.ops) > MAX_WIDTH
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    ):
        start = source.offset(Position(node.lineno, 1))
        end = source.offset(Position((node.end_lineno or node.lineno) + 1, 1))
        if end - start > 2 * MAX_WIDTH:
            return sum(1 for _ in _ADJACENT.finditer(source.text, start, end)) > MAX_WIDTH
    return False
