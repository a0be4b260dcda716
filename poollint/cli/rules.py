"""`poollint rules`: all rules there are."""

from __future__ import annotations

from collections.abc import Iterable

import click

from poollint.cli.streams import say
from poollint.engine.registry import Registered, load
from poollint.model.finding import Category

_HEAD = ("rule", "category", "severity", "default", "from")


@click.command()
@click.option("--markdown", is_flag=True, help="As a Markdown table, with what each rule finds.")
def rules(markdown: bool) -> None:
    """List all rules: name, category, severity, on or off, from which package."""
    order = list(Category)
    entries = sorted(load().entries, key=lambda e: (order.index(e.rule.category), e.rule.name))
    say(_markdown(entries) if markdown else _table(entries))


def _table(entries: Iterable[Registered]) -> str:
    rows = [_HEAD, *(_row(entry) for entry in entries)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD))]
    lines = ("  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _row(entry: Registered) -> tuple[str, ...]:
    rule = entry.rule
    state = "on" if rule.default else "off"
    return (rule.name, rule.category.value, rule.severity.value, state, entry.origin)


def _markdown(entries: Iterable[Registered]) -> str:
    lines = ["| rule | category | severity | default | what it finds |", "|---|---|---|---|---|"]
    for entry in entries:
        name, category, severity, state, _ = _row(entry)
        summary = entry.rule.summary.replace("|", "\\|")
        lines.append(f"| `{name}` | {category} | {severity} | {state} | {summary} |")
    return "\n".join(lines) + "\n"
