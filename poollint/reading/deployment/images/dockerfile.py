"""Dockerfiles: what the image of their last stage starts, and the variables it sets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from posixpath import basename, join

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.images import compiled
from poollint.reading.deployment.linking.documents import ImageFile, Part
from poollint.reading.deployment.linking.variables import environment, expand
from poollint.reading.deployment.programs import commands
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import dockerfile, shell
from poollint.syntax.dockerfile import Instruction

NAME = "dockerfile"
_NAMES = re.compile(
    r"(?:(?:Dockerfile|Containerfile)(?:[.-].+)?|.+\.(?:Dockerfile|Containerfile))", re.I
)
_WRITTEN = re.compile(
    r"(?:--\S+[ \t]+)*<<-?[\"']?\w+[\"']?[ \t]+(/?[\w./-]+)"
    r"|cat[ \t]+>[ \t]*(\S+)[ \t]+<<\S+.*|cat[ \t]+<<\S+[ \t]*>[ \t]*(\S+).*"
)
_NOWHERE = Span.at("")
_OTHERS = (".dockerignore", ".j2", ".jinja", ".tmpl", ".template", ".md", ".py", ".sh")


def _claims(path: str) -> bool:
    name = basename(path)
    return bool(_NAMES.fullmatch(name)) and not name.lower().endswith(_OTHERS)


def _screen(data: bytes, options: Options) -> bool:
    return b"FROM" in data or b"from" in data


def _read(source: SourceFile, options: Options) -> FileReading:
    image = image_file(source)
    return FileReading(source.path, NAME, documents=(image,) if image else ())


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def image_file(source: SourceFile, target: str = "") -> ImageFile | None:
    """Return what the stage `target` of a Dockerfile says, else its last one, None without any.

    What a stage does not say it takes from the stage it begins with.
    """
    stages: dict[str, list[Instruction]] = {}
    current: list[Instruction] | None = None
    base = ""
    shared: dict[str, Part] = {}  # defaults of arguments that stand before the first stage
    every = dockerfile.read(source)
    for instruction in every:
        if instruction.name == "FROM":
            base, name = _from(_filled(instruction.text, shared))
            inherited = stages.get(base.lower(), [])
            current = list(inherited)
            base = next((i.text for i in inherited if i.name == "BASE"), base)
            current.insert(0, Instruction("BASE", base, instruction.span))
            stages[name.lower() or f"#{len(stages)}"] = current
        elif current is not None:
            current.append(instruction)
        elif instruction.name == "ARG":
            shared |= {name: part for name, part in _arguments([instruction], {}) if part}
    current = stages.get(target.lower(), current) if target else current
    if current is None:
        return None
    base = next((i.text for i in current if i.name == "BASE"), base)
    entrypoint = _last(current, "ENTRYPOINT")
    command = _last(current, "CMD")
    sources = {source.path: source}
    words = _words(entrypoint, sources) if entrypoint else None
    shelled = bool(entrypoint and _json(entrypoint.text) is None)
    return ImageFile(
        source,
        base,
        words,
        () if shelled else _words(command, sources) if command else None,
        tuple(_variables(current)),
        tuple(_copies(current)),
        tuple(_scripts(current, source)),
        arguments=tuple(_arguments(current, shared)),
        folder=_folder(current),
        staged=any(_is_staged(instruction, stages) for instruction in current),
        programs=tuple(compiled.programs(every)) if "go build" in source.text else (),
    )


def copied(file: ImageFile, given: tuple[Variable, ...] = ()) -> tuple[tuple[str, str], ...]:
    """Return what a Dockerfile puts in, with the arguments of its build, else their defaults."""
    if not any("$" in source for source, _ in file.copies):
        return file.copies
    told = environment(given)
    known: dict[str, Variable] = {}
    for name, default in file.arguments:
        if name in told:
            known[name] = told[name]
        elif default:
            known[name] = Variable(name, expand(default, known))

    def filled(text: str) -> str:
        return expand(Part(text, _NOWHERE), known).value or text

    return tuple((filled(source), filled(place)) for source, place in file.copies)


def _is_staged(instruction: Instruction, stages: Mapping[str, object]) -> bool:
    """Tell whether files come from elsewhere: another stage, a mount, an archive."""
    if instruction.name == "ADD" or (instruction.name == "RUN" and "type=bind" in instruction.text):
        return True
    if instruction.name == "RUN":
        return "git clone" in instruction.text or "git+" in instruction.text
    if instruction.name != "COPY":
        return False
    words = (word for word in instruction.text.split() if word.startswith("--from="))
    named = (word.removeprefix("--from=").lower() for word in words)
    return any(name in stages or name.isdecimal() or "$" in name for name in named)


def _folder(instructions: list[Instruction]) -> str:
    """Return the folder in which the image starts; one that is not absolute lies in the last."""
    folder = ""
    for instruction in instructions:
        if instruction.name == "WORKDIR":
            folder = join(folder, instruction.text.strip().strip("\"'"))
    return folder


def _filled(text: str, shared: Mapping[str, Part]) -> str:
    """Return a line with the defaults of arguments put in; what has none stays as it is."""
    variables = {
        name: Variable(name, Word(part.text, Basis.STATED, part.span))
        for name, part in shared.items()
    }
    words = (expand(Part(word, _NOWHERE), variables).value or word for word in text.split())
    return " ".join(words)


def _arguments(
    instructions: list[Instruction], shared: Mapping[str, Part]
) -> Iterator[tuple[str, Part | None]]:
    """Yield what a build may give; without a default it has that from before the first stage."""
    for instruction in instructions:
        for word in shell.words(instruction.text) if instruction.name == "ARG" else ():
            name, equals, value = word.text.partition("=")
            own = Part(value, instruction.span, word.expands) if equals else None
            yield name, own or shared.get(name)


def _from(text: str) -> tuple[str, str]:
    words = [word for word in text.split() if not word.startswith("--")]
    name = words[2] if len(words) >= 3 and words[1].lower() == "as" else ""
    return (words[0] if words else ""), name


def _last(instructions: list[Instruction], name: str) -> Instruction | None:
    return next((i for i in reversed(instructions) if i.name == name), None)


def _json(text: str) -> list[str] | None:
    """Return the words of an instruction in exec form, None for shell form."""
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(w, str) for w in found) else None


def _words(instruction: Instruction, sources: commands.Sources) -> tuple[Part, ...]:
    words = _json(instruction.text)
    if words is None:
        return commands.line(instruction.text, instruction.span)
    found = tuple(shell.Word(word, 0, 0, expands=False) for word in words)
    return commands.located(instruction.text, instruction.span, sources, found)


def _variables(instructions: list[Instruction]) -> Iterator[tuple[str, Part]]:
    for instruction in instructions:
        if instruction.name != "ENV":
            continue
        words = shell.words(instruction.text)
        if words and "=" not in words[0].text:  # the old form: one name, then its value
            value = instruction.text[words[0].end :].strip()
            yield words[0].text, Part(value, instruction.span)
            continue
        for word in words:
            name, equals, value = word.text.partition("=")
            if equals:
                yield name, Part(value, instruction.span, word.expands)


def _scripts(
    instructions: list[Instruction], source: SourceFile
) -> Iterator[tuple[str, SourceFile]]:
    """Yield the scripts that a file itself holds, by their name in the image.

    `COPY <<'EOF' /start.sh`, `RUN cat > /start.sh <<'EOF'`: each stands where it does, and all else
    of the text is blank. Where the build puts in variables, what the image has is not known.
    """
    for instruction in instructions:
        written = _WRITTEN.fullmatch(instruction.text)
        if not written or len(instruction.documents) != 1:
            continue
        (span,) = instruction.documents
        start, end = source.offset(span.start), source.offset(span.end)
        text = source.text[start:end]
        if "<<'" in instruction.text or '<<"' in instruction.text or "$" not in text:
            before = re.sub(r"[^\n]", " ", source.text[:start])
            place = next(filter(None, written.groups()))
            yield basename(place.strip("\"'")), SourceFile(source.path, before + text)


def _copies(instructions: list[Instruction]) -> Iterator[tuple[str, str]]:
    """Yield what comes from the build's context, and where it goes."""
    for instruction in instructions:
        if instruction.name not in ("COPY", "ADD"):
            continue
        words = _json(instruction.text) or [word.text for word in shell.words(instruction.text)]
        if any(word.startswith("--from") for word in words):
            continue
        paths = [word for word in words if not word.startswith("--")]
        yield from ((path, paths[-1]) for path in paths[:-1])
