"""Numbers in code of other languages: understood, or not known."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.numbers import told
from poollint.syntax.tokens import Words


def read(text: str, comment: str) -> tuple[tuple[str, ...], int | None]:
    words = Words(text, comment)
    end = next((i for i in range(len(words.tokens)) if words.sign(i, ";")), len(words.tokens))
    found = told(words, 0, end, SourceFile("x", text))
    return found.variables, found.number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20", ((), 20)),
        ("process.env.A", (("A",), None)),
        ("process.env.A || 10", (("A",), 10)),
        ("Number(process.env['A'] ?? '7')", (("A",), 7)),
        ("parseInt(process.env.A || '15', 10)", (("A",), 15)),
        ("parseInt(process.env.A!, 10) || 12", (("A",), 12)),
        ("+process.env.A || 5", (("A",), 5)),
        ("process.env.A ? parseInt(process.env.A, 10) : 9", (("A",), 9)),
        ("Number(Deno.env.get('A') ?? 8)", (("A",), 8)),
        ("MAX; const MAX = Number(process.env.A) || 4", (("A",), 4)),
        ("MAX; let MAX = 1; MAX = 2", ((), None)),
        ("os.cpus().length * 2", ((), None)),
        ("process.env.A * 2", ((), None)),
        ("process.env.A ? 5 : 10", ((), None)),
        ("config.pool.max", ((), None)),
        ("2 + 3", ((), None)),
        ("true", ((), None)),
        ("", ((), None)),
    ],
)
def test_javascript(text: str, found: tuple[tuple[str, ...], int | None]) -> None:
    assert read(text, "//") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('ENV.fetch("A") { 5 }', (("A",), 5)),
        ('ENV.fetch("A", 5).to_i', (("A",), 5)),
        ("Integer(ENV['A'] || 5)", (("A",), 5)),
        ('ENV["A"] || ENV["B"] || 5', (("A", "B"), 5)),
        ('ENV.fetch("A") { ENV.fetch("B", 3) }', (("A", "B"), 3)),
        ('ENV.fetch("A") { Concurrent.physical_processor_count }', (("A",), None)),
        ("Etc.nprocessors", ((), None)),
        ("5 if production", ((), 5)),
        ('String.to_integer(System.get_env("A") || "10")', (("A",), 10)),
        ('System.get_env("A", "10") |> String.to_integer()', (("A",), 10)),
        ('System.fetch_env!("A")', (("A",), None)),
        ("env_var!(:pool_size)", ((), None)),
    ],
)
def test_ruby_and_elixir(text: str, found: tuple[tuple[str, ...], int | None]) -> None:
    assert read(text, "#") == found


@pytest.mark.parametrize(
    ("text", "comment", "computed"),
    [
        ("parseInt(process.env.A, 10) + 5", "//", True),
        ("5 + Number(process.env.A)", "//", True),
        ("Number(process.env.A) * 2", "//", True),
        ("2 * process.env.A", "//", True),
        ('ENV.fetch("A").to_i + 5', "#", True),
        ('String.to_integer(System.get_env("A") || "10") * 2', "#", True),
        ("settings.size * 2", "//", False),
    ],
)
def test_what_is_worked_out_of_a_variable_is_not_what_it_says(
    text: str, comment: str, computed: bool
) -> None:
    source = SourceFile("a", text)
    words = Words(text, comment)
    found = told(words, 0, len(words.tokens), source)
    assert (found.variables, found.number, found.computed) == ((), None, computed)
