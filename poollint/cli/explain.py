"""`poollint explain NAME`: the page of a rule, or of a setting of a pooler or of PostgreSQL."""

from __future__ import annotations

import re
import shutil
import sys
from typing import Any

import click

from poollint.cli import parameters
from poollint.cli.streams import is_terminal, palette_of, say
from poollint.cli.topics import TOPICS
from poollint.engine.registry import load
from poollint.engine.settings.selection import hint_for
from poollint.model.rule import Rule
from poollint.model.usage import UsageError
from poollint.report.palette import Palette, Style

_FENCE = re.compile(r"```(\w*)\s*(\w*)")


@click.command()
@click.argument("name")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto")
def explain(name: str, color: str) -> None:
    """Explain a rule, a setting of a pooler or of PostgreSQL, or `drivers`, `handlers`, `audit`."""
    palette = palette_of(sys.stdout, color)
    if name in TOPICS:
        text = "\n".join((palette.paint(name, Style.BOLD), "", *_body(TOPICS[name], palette), ""))
    elif load().find(name) is None and (told := parameters.page(name, palette)):
        text = told
    else:
        text = page(_rule(name), palette)
    tall = text.count("\n") >= shutil.get_terminal_size().lines
    if is_terminal(sys.stdout) and tall:
        click.echo_via_pager(text)
    else:
        say(text)


def _rule(name: str) -> Rule[Any]:
    registry = load()
    rule = registry.find(name)
    if rule is None:
        raise UsageError(f"unknown rule `{name}`", hint_for(registry, name))
    return rule


def page(rule: Rule[Any], palette: Palette) -> str:
    """Return the page of a rule for reading: headings bold, examples indented."""
    state = "on by default" if rule.default else "off by default"
    lines = [
        palette.paint(rule.name, Style.BOLD),
        f"{rule.category.value} · {rule.severity.value} · {state} · since {rule.since}",
    ]
    if rule.aliases:
        lines.append(f"also called {', '.join(rule.aliases)}")
    lines += ["", *_body(rule.docs, palette), ""]
    lines += [palette.paint("How to ignore it", Style.BOLD), ""]
    lines += [f"    # poollint: ignore[{rule.name}] the reason\n"]
    return "\n".join(lines)


def _body(docs: str, palette: Palette) -> list[str]:
    lines = []
    fenced = False
    for line in docs.splitlines():
        fence = _FENCE.match(line)
        if fence:
            fenced = not fenced
            if fence[2]:
                lines += [f"{fence[2].capitalize()}:", ""]
        elif fenced:
            lines.append(f"    {line}".rstrip())
        elif line.startswith("#"):
            lines.append(palette.paint(line.lstrip("# "), Style.BOLD))
        else:
            lines.append(line)
    return lines
