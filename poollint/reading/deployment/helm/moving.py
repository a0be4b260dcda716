"""The folder that a command of a script runs in: where the `cd` before it leads.

Sources: POSIX.1-2024, `cd`, and 2.13 (what a subshell changes ends with it); Bash 5.2, `pushd`;
GNU Make 4.4, 5.3 (each line of a recipe has a shell of its own); docs.github.com, "Workflow
syntax" (`working-directory`).
"""

from __future__ import annotations

import re
from posixpath import join, normpath

from poollint.syntax import shell

# Where a script lies, and where a pipeline or a makefile begins: what is named counts from there.
_SCRIPT = r"[\"']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?[\"']?"
_HOME = re.compile(
    rf"(?:\$\((?:cd[ \t]+[\"']?\$\()?[ \t]*dirname[ \t]+(?:--[ \t]+)?{_SCRIPT}[ \t]*\)[\"']?"
    r"|\$\{0%/\*\}|\$\(CURDIR\)|\$\(pwd\)|\$\(git rev-parse --show-toplevel\)"
    r"|\$\{?(?:PWD|GITHUB_WORKSPACE|CI_PROJECT_DIR)\b\}?|\$\{\{[ \t]*github\.workspace[ \t]*\}\})"
    r"(?P<rest>/[\w./-]*)?"
)
_NAMED = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_VERBS = frozenset(("cd", "pushd", "popd"))
_MARKS = ("cd", "pushd", "=")
_PLAIN = re.compile(r"(?![~/-])[\w.@%+=:,/-]+")


class Moves:
    """The commands of a script that change its folder, and the variables that it sets once.

    `lines` tells that each line has a shell of its own; `start` is the folder it begins in.
    """

    def __init__(self, text: str, start: str = "", *, lines: bool = False) -> None:
        self._text = text
        self._start = start
        self._lines = lines
        every = shell.commands(text) if any(mark in text for mark in _MARKS) else ()
        self._every = tuple(command for command in every if command.words)
        self._homes, self._known = _assigned(every)
        self._moves = tuple(c for c in self._every if c.words[0].text.lstrip("@-+") in _VERBS)

    def path(self, word: str, offset: int) -> str:
        """Return a path that a word at an offset names, from where the script begins.

        One that a variable which nothing sets is a part of, or the whole tree's, stays.
        """
        found = self._from(self.at(offset) or "", word)
        return word if found is None else found

    def at(self, offset: int) -> str | None:
        """Return the folder at an offset, from that in which it begins; None where not known."""
        first = self._line(offset) if self._lines else 0
        here = [c.branch for c in self._every if c.words[0].start <= offset]
        branch = here[-1] if here else ()
        found: list[str | None] = [self._start]
        for move in self._moves:
            start, verb = move.words[0].start, move.words[0].text.lstrip("@-+")
            ended = start < first or start >= offset or self._has_ended(start, offset)
            if ended or branch[: len(move.branch)] != move.branch:
                continue
            target = move.words[-1].text if len(move.words) > 1 else "~"
            if verb == "popd" or target == "-":
                found = found[:-1] or [None]
            else:
                found.append(self._from(found[-1], target))
        return found[-1]

    def _from(self, before: str | None, word: str) -> str | None:
        """Return a path, counted from the folder `before`; None where it is not known."""
        home = _HOME.fullmatch(word)
        if home:
            return normpath(f".{home['rest'] or ''}")
        named = _NAMED.match(word)
        base = self._homes.get(named[1] or named[2]) if named else None
        rest = word[named.end() :] if named and base else word
        text = _NAMED.sub(lambda match: self._known.get(match[1] or match[2], match[0]), rest)
        if base and not text:
            return base
        if not _PLAIN.fullmatch(text.lstrip("/") if base else text):
            return None
        if base:
            return normpath(base + text)
        return None if before is None else normpath(join(before, text))

    def _line(self, offset: int) -> int:
        """Return where the line of a recipe begins; one goes on behind a backslash."""
        at = self._text.rfind("\n", 0, offset)
        while at > 0 and self._text[at - 1] == "\\":
            at = self._text.rfind("\n", 0, at)
        return at + 1

    def _has_ended(self, start: int, offset: int) -> bool:
        """Tell whether the subshell in which one moves has ended before the offset."""
        depth = 0
        for sign in self._text[start:offset]:
            depth += (sign == "(") - (sign == ")")
            if depth < 0:
                return True
        return False


def _assigned(every: tuple[shell.Command, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables set once: to folders from where the script lies, and to plain texts."""
    values: dict[str, list[str]] = {}
    for command in every:
        words = [word.text for word in command.words]
        pairs = [(name, word.text) for name, word in command.assignments] if not words else []
        if words[:1] in (["export"], ["readonly"], ["local"], ["declare"]):
            pairs += [(n, v) for n, equals, v in (w.partition("=") for w in words[1:]) if equals]
        for name, value in pairs:
            values.setdefault(name, []).append(value)
    once = {name: several[0] for name, several in values.items() if len(several) == 1}
    homes = {name: match for name, text in once.items() if (match := _HOME.match(text))}
    return (
        {name: normpath(f".{match['rest'] or ''}") for name, match in homes.items()},
        {name: text for name, text in once.items() if _PLAIN.fullmatch(text)},
    )
