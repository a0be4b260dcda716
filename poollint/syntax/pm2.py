"""PM2's files: the apps that they keep running, in JavaScript, JSON or YAML.

No JavaScript is run: understood is an array of object literals under `apps`, as its documentation
writes it. What an app reads of its environment stays a reference (`${NAME:-default}`).

Source: Unitech/pm2 31adee80, `lib/Common.js` (`resolveAppAttributes`, `verifyConfs`) and
`lib/God.js` (`prepare`): 1 instance where nothing is said; "max", 0 and what is below count from
the cores of the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import isabs, join, normpath

from poollint.model.source import SourceFile, Span
from poollint.syntax import yaml
from poollint.syntax.daemons import Daemon, Text
from poollint.syntax.tokens import Words
from poollint.syntax.yaml import Mapping as Node
from poollint.syntax.yaml import Scalar, Sequence

COUNTER = "instances"
_NODE = (".js", ".mjs", ".cjs")
_INTERPRETERS = {".py": "python3", ".sh": "bash", ".ts": "bun", ".rb": "ruby", ".pl": "perl"}
_PRODUCTION = "env_production"
_LITERALS = ("true", "false")


@dataclass(frozen=True, slots=True)
class Apps:
    """The apps of a file; `unclear` are the places of what only running it would tell."""

    found: tuple[Daemon, ...]
    unclear: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _App:
    """What an app's object says: texts by key, and its variables by key and name."""

    span: Span
    texts: Mapping[str, Text]
    variables: Mapping[str, Mapping[str, Text]]
    complete: bool = True


def read(source: SourceFile) -> Apps:
    """Return the apps that a file keeps running."""
    if source.path.endswith((".yml", ".yaml")):
        return Apps(tuple(_daemon(app) for app in _of_yaml(source)))
    return _Reader(source).apps()


# --- JavaScript and JSON -----------------------------------------------------------------------

_Range = tuple[int, int]


class _Reader:
    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._words = Words(source.text, "//")

    def apps(self) -> Apps:
        found: list[Daemon] = []
        unclear: list[Span] = []
        for start, end in self._entries():
            if not self._words.sign(start, "{"):
                unclear.append(self._span((start, end)))
                continue
            app = self._app(start)
            if "script" in app.texts:
                found.append(_daemon(app))
            else:
                unclear.append(app.span)
        return Apps(tuple(found), tuple(unclear))

    def _entries(self) -> Iterator[_Range]:
        """Yield the elements of `apps`, or of a file that is nothing but them."""
        words = self._words
        at = next((i for i, t in enumerate(words.tokens) if self._is_apps(i, t.text)), None)
        if at is None:
            start = self._exported()
            if words.sign(start, "["):
                yield from words.parts(start)
            elif words.sign(start, "{"):
                yield start, (words.closing(start) or start) + 1
            return
        value = at + 2
        if not words.sign(value, "[") or words.closing(value) is None:
            yield value, value + 1
            return
        yield from words.parts(value)
        behind = (words.closing(value) or value) + 1
        if words.sign(behind, "."):  # `[…].map(…)`: only running it tells
            yield behind, behind + 1

    def _exported(self) -> int:
        """Return where the value of a file begins that does not speak of `apps`."""
        words = self._words
        for at in range(len(words.tokens)):
            if words.name(at, "exports") and words.sign(at + 1, "="):
                return at + 2
            if words.name(at, "default") and words.name(at - 1, "export"):
                return at + 1
        return 0

    def _is_apps(self, at: int, text: str) -> bool:
        words = self._words
        if text != "apps" or words.tokens[at].kind == "sign":
            return False
        given = words.sign(at + 1, ":") or words.sign(at + 1, "=")
        return given and at + 2 < len(words.tokens)

    def _app(self, opening: int) -> _App:
        texts: dict[str, Text] = {}
        variables: dict[str, dict[str, Text]] = {}
        complete = True
        for key, value in self._fields(opening):
            text = self._text(value)
            if key.startswith("env"):
                literal = self._words.sign(value[0], "{")
                inner = tuple(self._fields(value[0])) if literal else ()
                told = ((name, self._text(one)) for name, one in inner)
                variables[key] = {name: text for name, text in told if text}
                spread = literal and len(inner) < len(tuple(self._words.parts(value[0])))
                complete = complete and literal and not spread
            elif text:
                texts[key] = text
            elif key == COUNTER:  # not understood: not one, but unknown
                span = self._span(value)
                written = self._words.tokens[value[0]].start, self._words.tokens[value[1] - 1].end
                texts[key] = Text(self._source.text[slice(*written)], span)
        return _App(self._span((opening, opening + 1)), texts, variables, complete)

    def _fields(self, opening: int) -> Iterator[tuple[str, _Range]]:
        words = self._words
        for start, end in words.parts(opening):
            named = words.tokens[start].kind != "sign" and words.sign(start + 1, ":")
            if named and end > start + 2:
                yield words.tokens[start].text, (start + 2, end)

    def _text(self, value: _Range) -> Text | None:
        """Return a literal, or the variable that is read (`process.env.PORT || 3000`)."""
        words, span = self._words, self._span(value)
        start, end = value
        tokens = words.tokens[start:end]
        if words.name(start, "process") and words.name(start + 2, "env") and end >= start + 5:
            name, rest = tokens[4].text, tokens[5:]
            if not words.sign(start + 3, ".") or (rest and rest[0].text not in ("||", "??")):
                return None
            if not rest:
                return Text(f"${{{name}}}", span)
            plain = len(rest) == 2 and rest[1].kind in ("text", "number")
            return Text(f"${{{name}:-{rest[1].text}}}", span) if plain else None
        if len(tokens) == 2 and tokens[0].text == "-" and tokens[1].kind == "number":
            return Text(f"-{tokens[1].text}", span)
        if len(tokens) != 1 or tokens[0].kind == "sign" or "${" in tokens[0].text:
            return None
        if tokens[0].kind == "name" and tokens[0].text not in _LITERALS:
            return None
        return Text(tokens[0].text, span)

    def _span(self, value: _Range) -> Span:
        tokens = self._words.tokens
        return self._source.span(tokens[value[0]].start, tokens[value[1] - 1].end)


# --- YAML --------------------------------------------------------------------------------------


def _of_yaml(source: SourceFile) -> Iterator[_App]:
    stream = yaml.read(source)
    root = stream.documents[0] if stream.documents and not stream.unread else None
    entries = root.get("apps") if isinstance(root, Node) else root
    for entry in entries.items if isinstance(entries, Sequence) else ():
        if not isinstance(entry, Node) or not entry.text("script"):
            continue
        texts = {i.key.text: _scalar(i.value) for i in entry.items if isinstance(i.value, Scalar)}
        variables = {
            item.key.text: {
                inner.key.text: _scalar(inner.value)
                for inner in item.value.items
                if isinstance(inner.value, Scalar)
            }
            for item in entry.items
            if item.key.text.startswith("env") and isinstance(item.value, Node)
        }
        yield _App(entry.span, texts, variables)


def _scalar(node: Scalar) -> Text:
    return Text(node.text, node.span)


# --- What an app is ----------------------------------------------------------------------------


def _daemon(app: _App) -> Daemon:
    """Return an app as a program that is kept running, with what it is given in production."""
    script = app.texts["script"]
    name = app.texts.get("name", script).text
    folder = app.texts["cwd"].text if "cwd" in app.texts else ""
    variables = {**app.variables.get("env", {}), **app.variables.get(_PRODUCTION, {})}
    return Daemon(
        name,
        app.span,
        Text(_command(app, folder), script.span),
        app.texts.get(COUNTER),
        tuple(variables.items()),
        folder or ".",
        app.complete,
        counter=COUNTER,
    )


def _command(app: _App, folder: str) -> str:
    """Return the command line of an app: `node dist/main.js`, `npm start`."""
    script = app.texts["script"].text
    ending = f".{script.rpartition('.')[2]}" if "." in script else ""
    stated = app.texts.get("interpreter") or app.texts.get("exec_interpreter")
    default = "node" if ending in _NODE else _INTERPRETERS.get(ending, "")
    interpreter = stated.text if stated else default
    if interpreter and folder and not isabs(script):
        script = normpath(join(folder, script))
    arguments = app.texts["args"].text if "args" in app.texts else ""
    words = ("" if interpreter == "none" else interpreter, script, arguments)
    return " ".join(word for word in words if word)
