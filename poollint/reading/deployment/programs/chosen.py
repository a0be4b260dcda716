"""What a script that chooses by its first word does: `case "$1" in web) … ;; worker) … ;; esac`.

Of a script that is given a word only the branch for that is left; all else of the choice becomes
blank, so that what is left stands where it stood.

Source: POSIX.1-2024, Shell & Utilities, 2.9.4.5 "Case Conditional Construct", 2.9.4.6 "If".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from poollint.model.source import SourceFile

MAX_CHOICES = 8
_WORD = r"[\"']?\$(?:1|\{1(?::?-(?P<default>[\w-]*))?\})[\"']?"
_CASE = re.compile(rf"^[ \t]*case[ \t]+{_WORD}[ \t]+in\b(?P<body>.*?)^[ \t]*esac\b", re.M | re.S)
_BRANCH = re.compile(r"\s*\(?(?P<patterns>[^()\n;]{1,200})\)(?P<body>.*?)(?:;;&?|\Z)", re.S)
_IF = re.compile(
    rf"^[ \t]*if[ \t]+\[\[?[ \t]+{_WORD}[ \t]+==?[ \t]+[\"']?(?P<first>[\w-]*)[\"']?[ \t]+\]\]?"
    r"[ \t]*;?\s*then\b(?P<body>.*?)^[ \t]*fi\b",
    re.M | re.S,
)
_NEXT = re.compile(
    r"^[ \t]*(?:elif[ \t]+\[\[?[ \t]+[\"']?\$\{?1\}?[\"']?[ \t]+==?[ \t]+"
    r"[\"']?(?P<word>[\w-]*)[\"']?[ \t]+\]\]?[ \t]*;?\s*then|(?P<else>else))\b",
    re.M,
)
_OTHER = re.compile(r"^[ \t]*(?:if|elif)\b", re.M)  # a condition within, or of another kind

_Branch = tuple[bool, int, int]  # whether it is the one, and where it stands


def chosen(source: SourceFile, word: str) -> SourceFile | None:
    """Return a script as it runs with a first word, None where it makes no such choice."""
    text, found = source.text, False
    for _ in range(MAX_CHOICES):
        case = _CASE.search(text)
        match = case or _IF.search(text)
        if match is None:
            break
        branches = _of_case(match, word) if case else _of_if(match, word)
        if branches is None:
            return None
        start, end = next(((s, e) for is_one, s, e in branches if is_one), (match.end(),) * 2)
        text = (
            text[: match.start()] + _blank(text[match.start() : start]) + text[start:end]
            + _blank(text[end : match.end()]) + text[match.end() :]
        )  # fmt: skip
        found = True
    return SourceFile(source.path, text) if found else None


def _of_case(match: re.Match[str], word: str) -> list[_Branch]:
    given = word or match["default"] or ""
    at = match.start("body")
    return [
        (_fits(branch["patterns"], given), at + branch.start("body"), at + branch.end("body"))
        for branch in _BRANCH.finditer(match["body"])
    ]


def _fits(patterns: str, word: str) -> bool:
    every = (one.strip().strip("\"'") for one in patterns.split("|"))
    return any(fnmatchcase(word, pattern) for pattern in every)


def _of_if(match: re.Match[str], word: str) -> list[_Branch] | None:
    """Return the branches of a condition, None where one within it asks something else."""
    given = word or match["default"] or ""
    at, body = match.start("body"), match["body"]
    turns = list(_NEXT.finditer(body))
    if len(_OTHER.findall(body)) > sum(turn["word"] is not None for turn in turns):
        return None
    asked: list[str | None] = [match["first"], *(turn["word"] for turn in turns)]
    starts = [0, *(turn.end() for turn in turns)]
    ends = [*(turn.start() for turn in turns), len(body)]
    return list(_branches(asked, starts, ends, given, at))


def _branches(
    asked: list[str | None], starts: list[int], ends: list[int], given: str, at: int
) -> Iterator[_Branch]:
    for word, start, end in zip(asked, starts, ends, strict=True):
        yield word is None or word == given, at + start, at + end


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
