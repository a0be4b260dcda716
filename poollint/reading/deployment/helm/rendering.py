"""Templates of a chart, worked out as Helm does without a cluster, a mark for each value in them.

What only Helm or the cluster knows stays unknown: a block under such a condition is written and
the condition kept (`asked`), its `else` is not, a loop over it is left out. A value that no file
states is nil to conditions and unknown where it is written, for whoever installs the chart gives
it.

Source: helm.sh/docs/chart_template_guide; text/template of Go 1.22 (exec.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from poollint.reading.deployment.helm import cluster, conversion
from poollint.reading.deployment.helm.functions import PURE
from poollint.reading.deployment.helm.marks import UNKNOWN
from poollint.reading.deployment.helm.several import Collections
from poollint.reading.deployment.helm.worth import (
    Absent,
    Leaf,
    Marks,
    Unknown,
    Worth,
    any_unknown,
    of_node,
    text_of,
)
from poollint.reading.deployment.helm.written import Piece, Written, joined
from poollint.syntax import gotemplate
from poollint.syntax.gotemplate import (
    Action,
    Branch,
    Call,
    Literal,
    MalformedError,
    Name,
    Nested,
    Operand,
    Part,
    Path,
    Pipe,
    Text,
)
from poollint.syntax.yaml import Mapping

MAX_DEPTH = 40
MAX_STEPS = 200_000
MAX_SIZE = 1_000_000
_FULL = re.compile(r"(?:[\w./-]*\.)?(?:full)?name", re.I)
_SUBCHART = re.compile(r"\.?Subcharts\.([\w-]+)\Z")
_LAZY = frozenset(
    ("and", "or", "default", "coalesce", "ternary", "required", "include", "tpl", "toYaml", "quote",
     "squote", "indent", "nindent", "fail", "lookup", "fromYaml", "toYamlPretty", "mustToYaml")
)  # fmt: skip


@dataclass(slots=True)
class _Scope:
    """What `.` and the variables are at one place."""

    dot: Worth
    names: list[dict[str, Worth]]

    def within(self, dot: Worth) -> _Scope:
        return _Scope(dot, [*self.names, {}])

    def get(self, name: str) -> Worth:
        return next((n[name] for n in reversed(self.names) if name in n), Unknown(f"${name}"))

    def put(self, name: str, worth: Worth, *, new: bool) -> None:
        holder = next((n for n in reversed(self.names) if name in n), self.names[-1])
        (self.names[-1] if new else holder)[name] = worth


@dataclass(slots=True)
class Chart:
    """A chart whose templates are worked out.

    root     what `.` is at the top of each template: Values, Release, Chart, …
    defined  what templates define by name, in this chart and those around it
    full     what is written for the name of a chart that a library would make
    asked    the conditions that were taken to hold, for no file tells whether they do
    refused  those that are taken not to
    """

    root: dict[str, Worth]
    defined: dict[str, tuple[Part, ...]]
    full: str
    marks: Marks = field(default_factory=Marks)
    depth: int = 0
    steps: int = 0
    guesses: int = 0
    asked: dict[str, None] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    _several: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._several = Collections(self.marks).known

    def written(self, text: str) -> Written:
        """Return what a template writes; MalformedError where it cannot be worked out."""
        self.steps = 0
        out: list[Piece] = []
        try:
            self._write(gotemplate.parse(text).parts, self._top(self.root), out)
        except RecursionError:
            raise MalformedError("what holds itself") from None
        return joined(out)

    def _top(self, dot: Worth) -> _Scope:
        return _Scope(dot, [{"": dot}])

    # --- Parts -------------------------------------------------------------------------------

    def _write(self, parts: Iterable[Part], scope: _Scope, out: list[Piece]) -> None:
        for part in parts:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise MalformedError("too much to work out")
            match part:
                case Text(text, line):
                    out.append((text, line, True))
                case Action():
                    worth = self._pipe(part.pipe, scope)
                    if part.variable:
                        scope.put(part.variable, worth, new=part.new)
                    else:
                        out.append((self.marks.written(worth), part.line, False))
                case Call(name, pipe, line):
                    dot = self._pipe(pipe, scope) if pipe else None
                    out.append((self.marks.written(self._include(name, dot)), line, False))
                case Branch():
                    self._branch(part, scope, out)

    def _branch(self, part: Branch, scope: _Scope, out: list[Piece]) -> None:
        worth = self._pipe(part.pipe, scope)
        known = self.marks.truth(worth)
        if part.word == "range":
            if known:
                self._range(part, worth, scope, out)
            elif known is False:
                self._write(part.other, scope.within(scope.dot), out)
            return
        if known is None:
            self.guesses += 1
            self.asked[part.pipe.code] = None
            known = part.pipe.code not in self.refused
        if known is False:
            self._write(part.other, scope.within(scope.dot), out)
            return
        inner = scope.within(worth if part.word == "with" else scope.dot)
        for name in part.names:
            inner.put(name, worth, new=True)
        self._write(part.body, inner, out)

    def _range(self, part: Branch, worth: Worth, scope: _Scope, out: list[Piece]) -> None:
        for key, value in self._turns(worth):
            inner = scope.within(value)
            pair = (key, value) if len(part.names) > 1 else (value,)
            for name, one in zip(part.names, pair, strict=False):
                inner.put(name, one, new=True)
            self._write(part.body, inner, out)

    def _turns(self, worth: Worth) -> Iterator[tuple[Worth, Worth]]:
        known = self.marks.bare(worth)
        if isinstance(known, dict):
            yield from ((key, known[key]) for key in sorted(known))
        elif isinstance(known, list):
            yield from enumerate(known)
        elif isinstance(known, int) and not isinstance(known, bool):
            yield from ((n, n) for n in range(min(known, 1000)))

    def _full_of(self, chart: str, asked: str) -> Worth:
        """Return what a chart within this one is called, which others ask of its own helper.

        Source: bitnami/charts, common/templates/_names.tpl and `postgresql.v1.primary.fullname`.
        """
        values = self.root["Values"]

        def bare(worth: Worth) -> Any:
            return _bare(self.marks, worth)

        own = values.get(chart) if isinstance(values, dict) else None
        given = own if isinstance(own, dict) else {}
        if bare(given.get("fullnameOverride")):
            return given["fullnameOverride"]
        about = self.root["Release"]
        release = text_of(bare(about["Name"]) if isinstance(about, dict) else "")
        name = text_of(bare(given.get("nameOverride")) or chart)
        full = release if name in release else f"{release}-{name}"
        copied = bare(given.get("architecture")) == "replication"
        return f"{full}-primary" if copied and ".primary." in asked else full

    def _include(self, name: str, dot: Worth) -> Worth:
        """Return what a template that is defined by name writes."""
        body = self.defined.get(name)
        if body is None:
            if not _FULL.fullmatch(name):
                return Unknown(f'include "{name}"')
            inner = _SUBCHART.search(dot.code) if isinstance(dot, Unknown) else None
            return self._full_of(inner[1], name) if inner else self.full
        if self.depth > MAX_DEPTH:
            raise MalformedError("templates within templates")
        guesses = self.guesses
        self.depth += 1
        out: list[Piece] = []
        self._write(body, self._top(dot), out)
        self.depth -= 1
        text = "".join(piece for piece, _, _ in out)
        if self.guesses > guesses and "\n" not in text.strip():
            return Unknown(f'include "{name}"')  # which of several texts it is, is not known
        return text

    # --- Pipelines ---------------------------------------------------------------------------

    def _pipe(self, pipe: Pipe, scope: _Scope) -> Worth:
        last: list[Worth] = []
        for command in pipe.commands:
            head, *rest = command
            if isinstance(head, Name):
                last = [self._call(head.text, rest, last, scope, pipe.code)]
            elif rest or last:  # a method of an object: `.Files.Get "x"`, `.Has "v1"`
                last = [self._method(head, rest, scope, pipe.code)]
            else:
                last = [self._operand(head, scope)]
        return last[0]

    def _method(self, head: Operand, rest: list[Operand], scope: _Scope, code: str) -> Worth:
        if isinstance(head, Path) and head.names[-2:] == ("APIVersions", "Has") and rest:
            known = cluster.serves(_bare(self.marks, self._operand(rest[0], scope)))
            return Unknown(code) if known is None else known
        return Unknown(code)

    def _operand(self, operand: Operand, scope: _Scope) -> Worth:
        match operand:
            case Literal(value):
                return value
            case Path(variable, names):
                start = scope.get(variable[1:]) if variable else scope.dot
                return self._fields(start, names, f"{variable}.{'.'.join(names)}")
            case Nested(pipe, names):
                return self._fields(self._pipe(pipe, scope), names, pipe.code)
            case Name(text):
                return self._call(text, [], [], scope, text)

    def _fields(self, worth: Worth, names: tuple[str, ...], code: str) -> Worth:
        for name in names:
            if isinstance(worth, Unknown):
                return Unknown(code)
            if not isinstance(worth, dict):
                return Absent(_told(code))
            if name == "AsMap" and name not in worth:  # a method of `.Values`: itself
                continue
            worth = worth.get(name, Absent(_told(code)))
        return worth

    def _call(
        self, name: str, rest: list[Operand], last: list[Worth], scope: _Scope, code: str
    ) -> Worth:
        values = [*(self._operand(operand, scope) for operand in rest), *last]
        if name in _LAZY:
            return self._lazy(name, values, code)
        if name in self._several:
            known = self._several[name]
            unknown = any(isinstance(v, Unknown) for v in values) and name not in ("list", "dict")
        else:
            known = PURE.get(name)
            unknown = any_unknown(values)
        if name in conversion.WORDS and len(values) == 1 and not unknown:
            return conversion.of(name, values[0], self.marks)
        if name == "semverCompare" and len(values) == 2:
            fits = cluster.compared(_bare(self.marks, values[0]), values[1])
            if fits is not None:
                return fits
        if known is None or unknown:
            return Unknown(code)
        if name not in self._several:
            values = [_bare(self.marks, value) for value in values]
        try:
            found: Worth = known(*values)
        except (TypeError, ValueError, IndexError, KeyError, re.error, OverflowError):
            return Unknown(code)
        if isinstance(found, (str, list, dict)) and len(found) > MAX_SIZE:
            raise MalformedError("too much to work out")
        return found

    def _lazy(self, name: str, values: list[Worth], code: str) -> Worth:
        """Return what a function comes to that may leave out some of its arguments."""
        marks = self.marks
        match name, values:
            case (("and" | "or"), [*_]) if values:
                return self._logic(values, stop=name == "or")
            case "default", [given, worth]:
                known = marks.truth(worth)
                return worth if known else (given if known is False else Unknown(code))
            case "coalesce", _:
                return next((v for v in values if marks.truth(v) is not False), None)
            case "ternary", [one, other, test]:
                known = marks.truth(test)
                return Unknown(code) if known is None else (one if known else other)
            case "required", [_, worth]:
                return worth if marks.truth(worth) else Unknown(code)
            case "include", [what, dot]:
                return self._include(text_of(_bare(marks, what)), dot)
            case "tpl", [text, dot]:
                return self._text(text, dot, code)
            case ("fail", _):
                return ""
            case "lookup", _:
                return {}
        return self._shaped(name, values, code)

    def _shaped(self, name: str, values: list[Worth], code: str) -> Worth:
        marks = self.marks
        match name, values:
            case (("toYaml" | "mustToYaml" | "toYamlPretty"), [worth]):
                return worth if isinstance(worth, (Leaf, Unknown, Absent)) else marks.yaml(worth)
            case "quote", [*_] if values:  # Go's %q, which YAML reads as it is meant
                return " ".join(_quoted(marks.written(v)) for v in values if v is not None)
            case "squote", [*_] if values:
                return " ".join(f"'{marks.written(v)}'" for v in values if v is not None)
            case (("indent" | "nindent"), [deep, worth]):
                return self._indented(name, deep, worth)
        return Unknown(code)

    def _indented(self, name: str, deep: Worth, worth: Worth) -> str:
        known = _bare(self.marks, worth)
        several = isinstance(worth, Leaf) and isinstance(known, str) and "\n" in known
        text = text_of(known) if several else self.marks.written(worth)
        return str(PURE[name](_bare(self.marks, deep), text))

    def _logic(self, values: list[Worth], *, stop: bool) -> Worth:
        for one, _ in pairwise([*values, None]):
            known = self.marks.truth(one)
            if known is None:
                decided = any(self.marks.truth(v) is stop for v in values)
                return next(v for v in values if self.marks.truth(v) is stop) if decided else (
                    Unknown("a condition")
                )  # fmt: skip
            if known is stop:
                return one
        return values[-1]

    def _text(self, text: Worth, dot: Worth, code: str) -> Worth:
        """Return what a text of the values writes that is a template itself."""
        known = self.marks.bare(text)
        if not isinstance(known, str):
            return text if not isinstance(text, str) else Unknown(code)
        if "{{" not in known:
            return text
        out: list[Piece] = []
        if self.depth > MAX_DEPTH:
            raise MalformedError("templates within templates")
        self.depth += 1
        self._write(gotemplate.parse(known).parts, self._top(dot), out)
        self.depth -= 1
        return "".join(piece for piece, _, _ in out)


def root(values: Mapping, release: str, about: Mapping, namespace: str = "") -> dict[str, Worth]:
    """Return what `.` is at the top of a chart's templates: `about` is its `Chart.yaml`."""
    space = namespace or Unknown("Release.Namespace")
    own = {key[:1].upper() + key[1:]: of_node(node) for key, node in
           ((item.key.text, item.value) for item in about.items)}  # fmt: skip
    return {
        "Values": of_node(values),
        "Chart": own,
        "Release": {"Name": release, "Namespace": space, "Service": "Helm",
                    "IsInstall": True, "IsUpgrade": False, "Revision": 1},
        "Capabilities": Unknown("Capabilities"),
        "Files": Unknown("Files"),
        "Template": {"Name": "template", "BasePath": "templates"},
        "Subcharts": Unknown("Subcharts"),
    }  # fmt: skip


def _bare(marks: Marks, worth: Worth) -> Any:
    known = marks.bare(worth)
    return f"{UNKNOWN}_" if isinstance(known, Unknown) else known


def _quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


def _told(code: str) -> str:
    return code.removeprefix("$").removeprefix(".").removeprefix("Values.")
