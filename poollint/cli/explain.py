"""`poollint explain NAME`: the page of a rule."""

from __future__ import annotations

import re
import shutil
import sys
from typing import Any

import click

from poollint.cli.streams import has_colour, is_terminal, say
from poollint.engine.registry import load
from poollint.engine.selection import hint_for
from poollint.model.rule import Rule
from poollint.model.usage import UsageError

_FENCE = re.compile(r"```(\w*)\s*(\w*)")


@click.command()
@click.argument("name")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto")
def explain(name: str, color: str) -> None:
    """Explain a rule: what it finds, why it matters, how to repair it."""
    registry = load()
    rule = registry.find(name)
    if rule is None:
        raise UsageError(f"unknown rule `{name}`", hint_for(registry, name))
    text = page(rule, has_colour(color, sys.stdout))
    tall = text.count("\n") >= shutil.get_terminal_size().lines
    if is_terminal(sys.stdout) and tall:
        click.echo_via_pager(text)
    else:
        say(text)


def page(rule: Rule[Any], coloured: bool) -> str:
    """Return the page of a rule for reading: headings bold, examples indented."""
    state = "on by default" if rule.default else "off by default"
    lines = [
        _bold(rule.name, coloured),
        f"{rule.category.value} · {rule.severity.value} · {state} · since {rule.since}",
    ]
    if rule.aliases:
        lines.append(f"also called {', '.join(rule.aliases)}")
    lines += ["", *_body(rule.docs, coloured), ""]
    lines += [_bold("How to ignore it", coloured), ""]
    lines += [f"    # poollint: ignore[{rule.name}] the reason", ""]
    return "\n".join(lines)


def _body(docs: str, coloured: bool) -> list[str]:
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
            lines.append(_bold(line.lstrip("# "), coloured))
        else:
            lines.append(line)
    return lines


def _bold(text: str, coloured: bool) -> str:
    return click.style(text, bold=True) if coloured else text
