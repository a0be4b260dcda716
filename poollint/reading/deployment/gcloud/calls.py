"""Commands of `gcloud` that deploy to Cloud Run, functions too, or make an instance of Cloud SQL.

Scripts, makefiles and pipelines hold such commands. What a script assigns to a name, or a pipeline
gives its steps, is put in; what is made elsewhere is `${value}` in the word.

Source: cloud.google.com/sdk/gcloud/reference, `run deploy`, `run services update`, `run jobs`
(`deploy`, `create`, `update`), `functions deploy`, `sql instances create`, `sql instances patch`;
google-github-actions/deploy-cloudrun, README.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.variables import MAX_TEXT, expand
from poollint.syntax import shell

MARKS = tuple(
    f"gcloud {stage}{group}".encode()
    for stage in ("", "beta ", "alpha ")
    for group in ("run", "sql", "functions")
)
PIPELINES = (*MARKS, b"google-github-actions/deploy-cloud", b"cloudsdktool",
             b"cloud-builders/gcloud")  # fmt: skip
UNKNOWN = "${value}"
DEPLOY, UPDATE = ("run", "deploy"), ("run", "services", "update")
CREATE, PATCH = ("sql", "instances", "create"), ("sql", "instances", "patch")
FUNCTION = ("functions", "deploy")
JOB, JOB_UPDATE = ("run", "jobs", "deploy"), ("run", "jobs", "update")
_KINDS = (DEPLOY, UPDATE, CREATE, PATCH, FUNCTION, JOB, JOB_UPDATE)
_SAME: dict[tuple[str, ...], tuple[str, ...]] = {("run", "jobs", "create"): JOB}
_SET = re.compile(r"\$\{\{[^}]{0,200}\}\}|\$\{[^{}]{0,200}\}|\$\w+|\$\([^)]{0,500}\)|`[^`]{0,500}`")
_MADE = re.compile(r"(?m)^(?:export[ ]+)?(?P<name>\w+)[ ]*[:?]?=[ ]*(?P<text>[^\s#$]+)[ ]*$")
_EXPRESSION = re.compile(r"\$\{\{\s*(?:env|vars|inputs)\.(\w+)\s*\}\}")
# Options that take no value: what follows one is no value of it.
_ALONE = re.compile(
    r"--(?:no-.+|quiet|allow-unauthenticated|async|cpu-boost|cpu-throttling|session-affinity|tag-only"
    r"|use-http2|clear-.+|invoker-iam-check|default-url|deploy-health-check|backup|storage-auto-increase"
    r"|deletion-protection|gen2|trigger-http|retry|execute-now|wait|enable-.+|assign-ip|require-ssl|gpu-zonal-redundancy)|-q"
)

Known = Mapping[str, Variable]


@dataclass(frozen=True, slots=True)
class Call:
    """One command: what it does, of what, and its options in order, each with its value.

    `home` is the folder that it is run in, None where that is not said.
    """

    kind: tuple[str, ...]
    name: Part
    options: tuple[tuple[str, Part], ...]
    source: SourceFile
    home: str | None = None

    def last(self, *names: str) -> Part | None:
        """Return the value of an option, the last where it is given again."""
        found = [value for name, value in self.options if name in names]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class CallFile:
    """A script, or a makefile, with such commands."""

    source: SourceFile
    calls: tuple[Call, ...]


def read(source: SourceFile) -> CallFile | None:
    """Return the commands of a script, None where it has none."""
    if not any(mark.decode() in source.text for mark in MARKS):
        return None
    found = tuple(of_text(source, {}))
    return CallFile(source, found) if found else None


def read_makefile(source: SourceFile) -> CallFile | None:
    """Return the commands of a makefile, whose own variables are known (`$(SERVICE)`)."""
    if not any(mark.decode() in source.text for mark in MARKS):
        return None
    known = {
        match["name"]: Variable(
            match["name"],
            Word(match["text"], Basis.STATED, source.span(match.start("text"), match.end("text"))),
        )
        for match in _MADE.finditer(source.text)
    }
    # A makefile's variable becomes a shell's of the same length, so that every place stays.
    text = re.sub(r"\$\((\w+)\)", r"${\1}", source.text)
    rows = (row.replace("\t@", "\t ", 1) for row in text.split("\n"))
    found = tuple(of_text(SourceFile(source.path, "\n".join(rows)), known))
    return CallFile(source, found) if found else None


def of_text(source: SourceFile, given: Known, home: str | None = None) -> Iterator[Call]:
    """Yield the commands of a shell's text, which knows the variables that it is `given`."""
    known = dict(given)
    for command in shell.commands(source.text):
        for name, word in command.assignments:
            if not command.words:
                known[name] = _assigned(name, _part(word, source), known)
        words = [_part(word, source) for word in command.words]
        if words and words[0].text in ("export", "readonly", "local", "declare"):
            for part in words[1:]:
                name, equals, text = part.text.partition("=")
                if equals:
                    known[name] = _assigned(name, replace(part, text=text), known)
        else:
            yield from of_words(words, known, source, home)


def of_words(
    words: Iterable[Part], known: Known, source: SourceFile, home: str | None = None
) -> Iterator[Call]:
    """Yield the command that words are, if they are one of these."""
    texts = [replace(word, text=_put(word, known)) for word in words]
    if texts[:1] and texts[0].text.rpartition("/")[2] == "gcloud":
        plain = [t for t in texts[1:] if t.text not in ("alpha", "beta")]
        for kind in (*_KINDS, *_SAME):
            if tuple(t.text for t in plain[: len(kind)]) == kind:
                yield from _call(_SAME.get(kind, kind), plain[len(kind) :], source, home)


def _call(
    kind: tuple[str, ...], words: list[Part], source: SourceFile, home: str | None
) -> Iterator[Call]:
    options: list[tuple[str, Part]] = []
    plain: list[Part] = []
    waiting = ""
    for word in words:
        name, equals, value = word.text.partition("=")
        if waiting and not word.text.startswith("--"):
            options.append((waiting, word))
            waiting = ""
        elif word.text.startswith("-") and equals:
            options.append((name, replace(word, text=value)))
            waiting = ""
        elif word.text.startswith("-"):
            options += [(waiting, replace(word, text=""))] if waiting else []
            waiting = word.text
            if _ALONE.fullmatch(word.text):
                options.append((word.text, replace(word, text="")))
                waiting = ""
        else:
            plain.append(word)
    if plain:
        yield Call(kind, plain[0], tuple(options), source, home)


def _part(word: shell.Word, source: SourceFile) -> Part:
    return Part(word.text, source.span(word.start, word.end), word.expands)


def _assigned(name: str, part: Part, known: Known) -> Variable:
    text = _put(part, known)
    told = text if len(text) <= MAX_TEXT else UNKNOWN
    return Variable(name, Word(told, Basis.STATED, part.span))


def _put(part: Part, known: Known) -> str:
    """Return a word with what is known put in, and `${value}` for all else that is."""
    if not part.expands or not ("$" in part.text or "`" in part.text):
        return part.text

    def told(match: re.Match[str]) -> str:
        text = _EXPRESSION.sub(r"${\1}", match[0])
        value = None if text.startswith("${{") else expand(replace(part, text=text), known).value
        return UNKNOWN if value is None else value

    return _SET.sub(told, part.text)
