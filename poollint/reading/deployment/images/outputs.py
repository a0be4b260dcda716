"""What steps and jobs of GitHub's workflows give out to those that follow, as a shell makes it.

Source: docs.github.com/actions, "Workflow commands" (`$GITHUB_OUTPUT`, `$GITHUB_ENV`) and "Passing
information between jobs" (`outputs`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from poollint.syntax import shell

MAX_CHARACTERS = 10_000  # of a value
_NAMED = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_TOLD = re.compile(r"(?:::set-output name=)?([\w-]+)(?:=|::)(.*)", re.S)
_EXPRESSION = re.compile(r"\$\{\{[^}]{0,200}\}\}")  # of GitHub's, put in before a shell runs
_MARKS = ("GITHUB_OUTPUT", "GITHUB_ENV", "::set-output")
_DECLARING = ("export", "local", "readonly", "declare")


@dataclass(frozen=True, slots=True)
class Script:
    """What a step's script assigns to names, and what it writes to where later steps read it."""

    assigned: Mapping[str, str]
    written: Mapping[str, str]


def script(text: str, given: Mapping[str, str]) -> Script:
    """Return what a script makes of the variables that it is given.

    Of a name that it assigns in several branches none is known.
    """
    assigned, written, made = dict(given), dict[str, str](), dict[str, shell.Branch]()

    def put(name: str, value: str, branch: shell.Branch) -> None:
        known = _put(value, assigned)
        several = name in made and (branch or made[name]) and assigned.get(name) != known
        made[name] = branch
        assigned[name] = f"${{{name}}}" if several or len(known) > MAX_CHARACTERS else known

    text = _EXPRESSION.sub("${__}", text)
    gives = any(mark in text for mark in _MARKS)
    for command in shell.commands(text.replace("\\\n", " ")):
        words = [word.text for word in command.words]
        for name, word in command.assignments if not words else ():
            put(name.rstrip("+"), word.text, command.branch)
        if words[:1] and words[0] in _DECLARING:
            for pair in words[1:]:
                name, equals, value = pair.partition("=")
                if equals:
                    put(name, value, command.branch)
        told = _TOLD.fullmatch(words[1]) if gives and words[:1] == ["echo"] and words[1:] else None
        if told:
            known = _put(told[2], assigned)
            same = written.setdefault(told[1], known) == known
            written[told[1]] = known if same else "${value}"
    return Script(assigned, written)


def _put(text: str, known: Mapping[str, str]) -> str:
    """Return a text with the variables in it that are known."""
    return _NAMED.sub(lambda match: known.get(match[1] or match[2], match[0]), text)
