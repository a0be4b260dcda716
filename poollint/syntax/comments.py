"""The comments of a file, by the language its name tells."""

from __future__ import annotations

import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from posixpath import basename

from poollint.model.source import Comment, SourceFile, Span

# Where the comments of each language are found; imported when a file needs it.
_FINDERS = (
    (re.compile(r"\.pyi?$"), __name__, "python_comments"),
    (re.compile(r"\.toml$"), "poollint.syntax.toml", "comments"),
    (re.compile(r"\.ini$", re.I), "poollint.syntax.ini", "comments"),
    (re.compile(r"hba[^/]*\.conf$", re.I), "poollint.syntax.hba", "comments"),
    (re.compile(r"userlist[^/]*$", re.I), "poollint.syntax.userlist", "comments"),
    (re.compile(r"odyssey[^/]*\.conf$", re.I), "poollint.syntax.odyssey", "comments"),
    (re.compile(r"\.conf$", re.I), "poollint.syntax.pgconf", "comments"),
    (re.compile(r"\.sql$", re.I), "poollint.syntax.scripts", "comments"),
    (re.compile(r"\.ya?ml$"), "poollint.syntax.yaml", "comments"),
    (re.compile(r"\.(?:tf|tofu|tfvars|hcl|nomad)$"), "poollint.syntax.hcl", "comments"),
    (
        re.compile(r"^(?:docker|container)file|\.(?:docker|container)file$", re.I),
        "poollint.syntax.dockerfile",
        "comments",
    ),
    (re.compile(r"^procfile", re.I), "poollint.syntax.procfile", "comments"),
    (re.compile(r"(?:^|\.)env(?:[.-].*)?$", re.I), "poollint.syntax.dotenv", "comments"),
)

# Enough of Python's lexis to tell a comment from a string where the tokenizer gives up. A string
# that nothing closes is taken whole, so that no text is searched twice.
_LEXEME = re.compile(
    r"""\"{3}(?:\\.|[^\\])*?(?:\"{3}|\Z)|'{3}(?:\\.|[^\\])*?(?:'{3}|\Z)
    |"(?:\\.|[^"\\\r\n])*"?|'(?:\\.|[^'\\\r\n])*'?
    |(?P<comment>\#[^\r\n]*)""",
    re.X | re.S,
)


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments of `source`, none where its language is not known."""
    name = basename(source.path)
    for pattern, module, function in _FINDERS:
        if pattern.search(name):
            found: tuple[Comment, ...] = getattr(importlib.import_module(module), function)(source)
            return found
    return ()


def python_comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments of a Python file, of a broken one as far as its strings are closed."""
    try:
        return tuple(_tokenized(source))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return tuple(_scanned(source))


def _tokenized(source: SourceFile) -> Iterator[Comment]:
    # `newline=None` ends lines at LF, CRLF and CR, as `SourceFile` does.
    lines = io.StringIO(source.text, newline=None).readline
    for token in tokenize.generate_tokens(lines):
        if token.type == tokenize.ERRORTOKEN:
            # Before Python 3.12 it would go on, in time quadratic in the length of the line.
            raise tokenize.TokenError("not Python", token.start)
        if token.type == tokenize.COMMENT:
            row, column = token.start
            span = Span.at(source.path, row, column + 1, len(token.string))
            yield Comment(span, token.string, own_line=not token.line[:column].strip())


def _scanned(source: SourceFile) -> Iterator[Comment]:
    for lexeme in _LEXEME.finditer(source.text):
        if lexeme["comment"] is None:
            continue
        span = source.span(*lexeme.span())
        before = source.line(span.start.line)[: span.start.column - 1]
        yield Comment(span, lexeme[0], own_line=not before.strip())
