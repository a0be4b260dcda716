"""What the stream that is written to can show: colours, links, and how wide it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from poollint.model.finding import Severity
from poollint.model.source import Position, Span
from poollint.report.characters import named

WIDTH = 100
NARROWEST = 40


class Style(Enum):
    """A way to write; the value is its SGR code (ECMA-48, 8.3.117)."""

    BOLD = "1"
    RED = "31"
    YELLOW = "33"
    CYAN = "36"


_SEVERITY = {
    Severity.ERROR: Style.RED,
    Severity.WARNING: Style.YELLOW,
    Severity.NOTE: Style.CYAN,
}

# How terminals that show OSC 8 links make themselves known in the environment.
_LINKING = ("DOMTERM", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "WEZTERM_PANE", "WT_SESSION")
_LINKING_PROGRAMS = frozenset(("Hyper", "WezTerm", "ghostty", "iTerm.app", "rio", "vscode"))
_LINKING_TERMS = ("alacritty", "foot", "xterm-ghostty", "xterm-kitty")
_VTE_WITH_LINKS = 5000  # VTE_VERSION: from 0.50


@dataclass(frozen=True, slots=True)
class Palette:
    """What a stream can show. Every meaning survives without any of it.

    `width` counts columns. `root` is the URL of the folder that paths are relative to
    ("file:///home/me/shop"): without one there are no links.
    """

    colour: bool = False
    links: bool = False
    width: int = WIDTH
    root: str = ""

    @classmethod
    def of(
        cls,
        terminal: bool,
        environment: Mapping[str, str],
        color: str = "auto",
        columns: int = WIDTH,
        root: str = "",
    ) -> Palette:
        """Return what a stream can show; `color` is "auto", "always" or "never".

        `NO_COLOR` and `FORCE_COLOR` count when they are not empty (no-color.org).
        """
        colour = color == "always" or (color == "auto" and _coloured(terminal, environment))
        links = colour and terminal and _links(environment)
        width = max(NARROWEST, min(columns, WIDTH)) if terminal else WIDTH
        return cls(colour, links, width, root)

    def paint(self, text: str, *styles: Style) -> str:
        """Return `text` in these styles."""
        if not self.colour or not text or not styles:
            return text
        return f"\x1b[{';'.join(style.value for style in styles)}m{text}\x1b[0m"

    def severe(self, text: str, severity: Severity, bold: bool = False) -> str:
        """Return `text` in the colour of a severity."""
        return self.paint(text, *([Style.BOLD] if bold else []), _SEVERITY[severity])

    def place(self, path: str, at: Position | None = None, column: bool = True) -> str:
        """Return `path:line:column`, as a link where the stream has links."""
        text = place(path, at, column)
        painted = self.paint(text, Style.CYAN)
        if not (self.links and self.root):
            return painted
        target = f"{self.root.rstrip('/')}/{uri(path)}"
        return f"\x1b]8;;{target}\x1b\\{painted}\x1b]8;;\x1b\\"

    def page_of(self, span: Span) -> str:
        """Return the URL of a line on the web, "" where the files are not there."""
        if not self.root.startswith("https://"):
            return ""
        return f"{self.root.rstrip('/')}/{uri(span.path)}#L{span.start.line}"


def place(path: str, at: Position | None = None, column: bool = True) -> str:
    """Return `path:line:column`, or less of it."""
    text = named(path)
    if at is not None:
        text += f":{at.line}:{at.column}" if column else f":{at.line}"
    return text


def uri(path: str) -> str:
    """Return a relative path as a URI reference (RFC 3986), percent-encoded."""
    from urllib.parse import quote

    return quote(path.encode("utf-8", "surrogateescape" if _bytes(path) else "replace"))


def _bytes(path: str) -> bool:
    """Tell whether surrogates in `path` stand for the bytes of a name that is no UTF-8."""
    return all(not 0xD800 <= ord(c) <= 0xDFFF or 0xDC80 <= ord(c) <= 0xDCFF for c in path)


def _coloured(terminal: bool, environment: Mapping[str, str]) -> bool:
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and environment.get("TERM") != "dumb"


def _links(environment: Mapping[str, str]) -> bool:
    term = environment.get("TERM", "")
    if term == "dumb" or environment.get("CI"):
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        environment.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or term.startswith(_LINKING_TERMS)
        or any(environment.get(name) for name in _LINKING)
        or (vte.isascii() and vte.isdigit() and int(vte[:9]) >= _VTE_WITH_LINKS)
    )
