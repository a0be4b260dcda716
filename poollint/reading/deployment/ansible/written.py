"""What a template in Jinja writes of settings, whatever its variables hold.

Patroni takes `max_connections` only from what all members hold together (`bootstrap.dcs`), and
says so to the server, whatever its own file sets (docs/dynamic_configuration.rst).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.model.source import Span
from poollint.reading.settings.templates import TemplateFile

_VALUE = r"(?P<value>[^#;\n]*\{\{[^\n#]*?\}\}|[^#;\n]*)"
_LINE = re.compile(rf"(?P<name>[a-z_]+)[ \t]*=[ \t]*{_VALUE}")
_FIELD = re.compile(rf"(?P<name>[a-z_]+):[ \t]+{_VALUE}")
_BLOCK = re.compile(r"\{%-?\s*(?P<word>end)?(?P<kind>if|for|macro|raw|elif|else)?")
_OPENING = ("if", "for", "macro", "raw")
_ELSEWHERE = ("[databases", "[users")  # in pgbouncer.ini
_TOP = re.compile(r"(\w+):")


def is_of_patroni(template: TemplateFile) -> bool:
    """Tell whether a template is of a file of Patroni: it wins over that of postgresql.conf."""
    return re.search(r"\.ya?ml\.\w+$", template.source.path, re.I) is not None


def lines(template: TemplateFile) -> Iterator[tuple[str, str, Span]]:
    """Yield name and value of lines that stand in no block: those in one are not certain."""
    of_patroni = is_of_patroni(template)
    depth, start, section = 0, 0, ""
    source = template.source
    for line in source.text.splitlines(keepends=True):
        begin, start = start, start + len(line)
        for block in _BLOCK.finditer(line):
            if block["kind"] in _OPENING:
                depth += -1 if block["word"] else 1
        text = line.strip()
        head = _TOP.match(line) if of_patroni else None
        if head or (text.startswith("[") and not of_patroni):
            section = head[1] if head else text
        match = (_FIELD if of_patroni else _LINE).match(text)
        if not match or depth or "{%" in line or not _counts(match["name"], section, of_patroni):
            continue
        at = begin + line.index(text)
        span = source.span(at + match.start("value"), at + match.end("value"))
        yield match["name"], match["value"], span


def _counts(name: str, section: str, of_patroni: bool) -> bool:
    """Tell whether a setting counts in a section of the file."""
    if not of_patroni:
        return not section.startswith(_ELSEWHERE)
    held = section in ("bootstrap", "postgresql") and name != "port"
    return held and (name != "max_connections" or section == "bootstrap")
