"""YAML that ERB writes: statements of Ruby between the lines.

What stands under a condition may not be there: it is left out, and so is taken for not stated.
Where that would hide what counts, or a loop writes entries, the whole is not understood.

Source: docs.ruby-lang.org, ERB (`<% … %>` runs, `<%= … %>` writes, `<%# … %>` is a comment).
"""

from __future__ import annotations

import re

from poollint.model.source import SourceFile

_TAG = re.compile(r"<%(?!=)(?P<code>.*?)-?%>", re.S)
_WRITES = re.compile(r"<%=.*?%>", re.S)
_OPENS = re.compile(r"\s*(?:if|unless|case)\b")
_ENDS = re.compile(r"\s*end\b")
_GOES_ON = re.compile(r"\s*(?:else|elsif|when)\b")
_LOOP = re.compile(r"\A\s*(?:while|until|for)\b|\bdo\b(?:\s*\|[^|]*\|)?\s*\Z|\{\s*\|[^|]*\|\s*\Z")
# What decides how many connections there are, and of what.
_COUNTS = re.compile(r"^\s*(?:pool|max_connections|adapter)\s*:|^\S[^:]*:\s*$|<<:", re.M)


def plain(source: SourceFile) -> SourceFile | None:
    """Return the file without its statements, and without what stands under a condition.

    All else stays where it is. None where something that counts would be lost.
    """
    kept: list[str] = []
    open_, at = 0, 0
    for tag in _TAG.finditer(source.text):
        between = source.text[at : tag.start()]
        if open_ and _COUNTS.search(between):
            return None
        kept += (_blank(between) if open_ else between, _blank(tag[0]))
        code, at = tag["code"], tag.end()
        if _LOOP.search(code):
            return None
        open_ += _OPENS.match(code) is not None and not code.rstrip().endswith("end")
        if _ENDS.match(code) or (_GOES_ON.match(code) and not open_):
            open_ -= 1
        if open_ < 0:
            return None
    if open_:
        return None
    return SourceFile(source.path, _WRITES.sub(_held, "".join((*kept, source.text[at:]))))


def _held(tag: re.Match[str]) -> str:
    """Return what writes, without the signs that mean something in YAML: `a ? b : c`, ` #{c}`."""
    return tag[0].replace(": ", ":\N{NO-BREAK SPACE}").replace(" #", "\N{NO-BREAK SPACE}#")


def _blank(text: str) -> str:
    return "".join(sign if sign == "\n" else " " for sign in text)
