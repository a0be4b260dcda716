"""The statements in the body of a `DO` block, which runs in the session of its client.

A block of PL/pgSQL is split into its statements; what stands in the body of a function that is
only defined does nothing yet, and is not read. Source: the PostgreSQL 18 manual, DO, PL/pgSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.syntax.sql import SqlStatement, parse

MAX_CHARACTERS = 20_000  # a longer block is a migration, not what a program sends

_TOKEN = re.compile(
    # What is not closed goes on to the end: the tokens are found in one pass.
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<quoted>'(?:[^']|'')*(?:'|\Z)|"[^"]*(?:"|\Z)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
      | (?P<end>;)
      | (?P<other>[^-/'"$;]+|.)""",
    re.X | re.S,
)
# What may stand before a statement that begins in the same breath.
_BEFORE = re.compile(
    r"\s*(?:<<\s*\w+\s*>>|BEGIN\b|ELSE\b|LOOP\b"
    r"|(?:IF|ELSIF|ELSEIF|EXCEPTION|WHEN|CASE)\b(?:(?!\bTHEN\b).)*\bTHEN\b"
    r"|(?:WHILE|FOR|FOREACH)\b(?:(?!\bLOOP\b).)*\bLOOP\b)",
    re.I | re.S,
)
_PERFORM = re.compile(r"\s*PERFORM\b", re.I)
_DYNAMIC = re.compile(r"\s*EXECUTE\s+'((?:[^']|'')*)'\s*$", re.I)
_RUNS_TEXT = re.compile(r"\s*EXECUTE\b", re.I)
_OF_TRANSACTIONS = "TransactionStmt"  # COMMIT in a block ends what the block is in


def statements(do: SqlStatement) -> Iterator[SqlStatement]:
    """Yield the statements of a `DO` block that run as they stand, in the order of the text.

    None of a block in another language, nor of one whose text is put together when it runs.
    """
    body, language = "", "plpgsql"
    for item in do.body.get("args", ()):
        element = item.get("DefElem", {})
        text = element.get("arg", {}).get("String", {}).get("sval", "")
        if element.get("defname") == "as":
            body = str(text)
        elif element.get("defname") == "language":
            language = str(text).lower()
    if language != "plpgsql" or len(body) > MAX_CHARACTERS:
        return
    for text in _split(body):
        for found in parse(_static(text)) or ():
            if found.kind not in {_OF_TRANSACTIONS, "DoStmt"}:
                yield found


def _split(body: str) -> Iterator[str]:
    """Yield the texts between the semicolons, comments left out."""
    text = ""
    for token in _TOKEN.finditer(body):
        if token["end"]:
            yield text
            text = ""
        elif not token["comment"]:
            text += token[0]
    yield text


def _static(text: str) -> str:
    """Return the SQL of one statement of PL/pgSQL, "" where that is told only when it runs."""
    while before := _BEFORE.match(text):
        text = text[before.end() :]
    dynamic = _DYNAMIC.match(text)
    if dynamic:
        return dynamic[1].replace("''", "'")
    if _RUNS_TEXT.match(text):
        return ""
    return _PERFORM.sub("SELECT", text, count=1)
