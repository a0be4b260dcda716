"""What a script that chooses by a word does: `case "$1" in web) … ;; worker) … ;; esac`.

The word is the first that the script is given, by that name or by that of a variable which the
script itself sets to it (`CMD="${1:-web}"`), or what a variable of its container holds. Only the
branch for it is left; all else of the choice becomes blank, so that what is left stands where it
stood.

Source: POSIX.1-2024, Shell & Utilities, 2.9.4.5 "Case Conditional Construct", 2.9.4.6 "If".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from poollint.model.source import SourceFile
from poollint.reading.deployment.linking.variables import Variables

MAX_CHOICES = 8
_WORD = r"[\"']?\$(?:(?P<name>\w+)|\{(?P<braced>\w+)(?::?-(?P<default>[\w-]*))?\})[\"']?"
_CASE = re.compile(rf"^[ \t]*case[ \t]+{_WORD}[ \t]+in\b(?P<body>.*?)^[ \t]*esac\b", re.M | re.S)
_BRANCH = re.compile(r"\s*\(?(?P<patterns>[^()\n;]{1,200})\)(?P<body>.*?)(?:;;&?|\Z)", re.S)
_IF = re.compile(
    rf"^[ \t]*if[ \t]+\[\[?[ \t]+{_WORD}[ \t]+==?[ \t]+[\"']?(?P<first>[\w-]*)[\"']?[ \t]+\]\]?"
    r"[ \t]*;?\s*then\b(?P<body>.*?)^[ \t]*fi\b",
    re.M | re.S,
)
_NEXT = re.compile(
    r"^[ \t]*(?:elif[ \t]+\[\[?[ \t]+[\"']?\$\{?(?P<asked>\w+)[^}\"'\s]{0,50}\}?[\"']?[ \t]+==?"
    r"[ \t]+[\"']?(?P<word>[\w-]*)[\"']?[ \t]+\]\]?[ \t]*;?\s*then|(?P<else>else))\b",
    re.M,
)
_SET = re.compile(
    rf"^[ \t]*(?:(?:local|export|readonly)[ \t]+)?(?P<set>[A-Za-z_]\w*)={_WORD}[ \t]*$", re.M
)
_OTHER = re.compile(r"^[ \t]*(?:if|elif)\b", re.M)  # a condition within, or of another kind

_Branch = tuple[bool, int, int]  # whether it is the one, and where it stands


def chosen(source: SourceFile, word: str, variables: Variables) -> SourceFile | None:
    """Return a script as it runs with a first word, None where it makes no such choice."""
    text, found = source.text, False
    for _ in range(MAX_CHOICES):
        choice = _choice(text, word, variables)
        if choice is None:
            break
        match, branches = choice
        if branches is None:
            return None
        start, end = next(((s, e) for is_one, s, e in branches if is_one), (match.end(),) * 2)
        text = (
            text[: match.start()] + _blank(text[match.start() : start]) + text[start:end]
            + _blank(text[end : match.end()]) + text[match.end() :]
        )  # fmt: skip
        found = True
    return SourceFile(source.path, text) if found else None


def _choice(
    text: str, word: str, variables: Variables
) -> tuple[re.Match[str], list[_Branch] | None] | None:
    """Return the first choice that is made by a known word, and its branches if all are plain."""
    for pattern, branches_of in ((_CASE, _of_case), (_IF, _of_if)):
        for match in pattern.finditer(text):
            given = _given(match, text, word, variables)
            if given is not None:
                return match, branches_of(match, given)
    return None


def _given(match: re.Match[str], text: str, word: str, variables: Variables) -> str | None:
    """Return the word that a choice is made by, None where it is not known."""
    name = match["name"] or match["braced"]
    if name == "1":
        return word or match["default"] or ""
    assigned = list(re.finditer(rf"(?m)^[ \t]*(?:\w+[ \t]+)?{name}=", text[: match.start()]))
    default = match["default"]
    if assigned:  # the last counts, if it says nothing but what another name holds
        last = _SET.match(text, assigned[-1].start())
        if last is None:
            return None
        if last["set"] != (last["name"] or last["braced"]):
            return _given(last, text, word, variables)
        default = last["default"]
    known = variables.get(name)
    return (known.value.value if known else "") or default


def _of_case(match: re.Match[str], given: str) -> list[_Branch] | None:
    at = match.start("body")
    return [
        (_fits(branch["patterns"], given), at + branch.start("body"), at + branch.end("body"))
        for branch in _BRANCH.finditer(match["body"])
    ]


def _fits(patterns: str, word: str) -> bool:
    every = (one.strip().strip("\"'") for one in patterns.split("|"))
    return any(fnmatchcase(word, pattern) for pattern in every)


def _of_if(match: re.Match[str], given: str) -> list[_Branch] | None:
    """Return the branches of a condition, None where one within it asks something else."""
    name, at, body = match["name"] or match["braced"], match.start("body"), match["body"]
    turns = list(_NEXT.finditer(body))
    if any(turn["asked"] not in (None, name) for turn in turns):
        return None
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
