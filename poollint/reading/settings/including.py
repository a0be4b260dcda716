"""Files of settings that include others, put together as the programs read them.

A file is followed where it is one of those read, never beyond the tree that was given. What an
absolute path means is known only in a tree laid out like the machine's (`rootfs/etc/…`).

Sources: PostgreSQL, src/backend/utils/misc/guc-file.l (ParseConfigFile, ParseConfigDirectory);
PgBouncer, lib/usual/cfparser.c (parse_ini_file_internal); asked of PostgreSQL 15 and PgBouncer
1.18.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from posixpath import join, normpath

from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading
from poollint.reading.settings import pgbouncer, postgresql
from poollint.syntax import ini, pgconf

_DEEPEST = {"PostgreSQL": 10, "PgBouncer": 9}  # files below the first one
_SYSTEM = ("etc", "opt", "usr", "var", "srv", "data", "home", "config", "conf")

Read = tuple[tuple[FileReading, ...], tuple[Span, ...], tuple[Unreadable, ...]]
Part = ini.Document | pgconf.Document
Item = ini.Section | ini.Entry | ini.Include | pgconf.Entry | pgconf.Include


def followed(found: tuple[FileReading, ...]) -> Read:
    """Return the readings, each file with those it includes, which then do not speak themselves.

    Besides, the places that were followed, and those that the program refuses.
    """
    files = {normpath(reading.path): part for reading in found for part in _parts(reading)}
    wholes = {path: _whole(part, files) for path, part in files.items() if _leads(part, files)}
    within = {path for root, whole in wholes.items() for path in whole.used if path != root}
    kept = []
    for reading in found:
        path = normpath(reading.path)
        if path in within and path not in wholes.get(path, _NONE).used:
            reading = replace(reading, configurations=(), poolers=(), servers=())
        elif path in wholes and reading.configurations:
            reading = _with(reading, wholes[path])
        kept.append(reading)
    spans = (span for whole in wholes.values() for span in whole.followed)
    refused = {stop.span: stop for whole in wholes.values() for stop in whole.refused}
    return tuple(kept), tuple(dict.fromkeys(spans)), tuple(refused.values())


def _parts(reading: FileReading) -> Iterator[Part]:
    for part in reading.parts:
        if isinstance(part, ini.Document | pgconf.Document):
            yield part


def _leads(part: Part, files: Mapping[str, Part]) -> bool:
    return bool(part.includes) or _auto(part, files) is not None


def _auto(part: Part, files: Mapping[str, Part]) -> pgconf.Document | None:
    """Return the postgresql.auto.conf beside a postgresql.conf: the server reads it last."""
    path = PurePosixPath(part.source.path)
    if path.name != postgresql.MAIN:
        return None
    found = files.get(normpath(str(path.with_name(postgresql.AUTO))))
    return found if isinstance(found, pgconf.Document) else None


@dataclass
class _Whole:
    """A file and what it includes, as it is put together.

    used      the files that were put in; `open` those that are being read just now
    uncertain what comes may stand in another section: what opens it was not read
    """

    items: list[Item] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    open: list[str] = field(default_factory=list)
    followed: list[Span] = field(default_factory=list)
    refused: list[Unreadable] = field(default_factory=list)

    def add(self, part: Part, files: Mapping[str, Part]) -> None:
        """Put in a file, and where it includes others those."""
        self.open.append(normpath(part.source.path))
        for item in _ordered(part):
            if isinstance(item, ini.Include | pgconf.Include):
                self._include(item, part, files)
            else:
                self.items.append(item)
        self.open.pop()

    def _include(
        self, include: ini.Include | pgconf.Include, part: Part, files: Mapping[str, Part]
    ) -> None:
        targets = _targets(include, part, files)
        program = "PgBouncer" if isinstance(part, ini.Document) else "PostgreSQL"
        paths = [normpath(target.source.path) for target in targets]
        if any(path in self.open for path in paths):
            self._refuse(include.span, f"{program} refuses it: the file includes itself")
            self.used.update(paths)
        elif paths and len(self.open) > _DEEPEST[program]:
            self._refuse(include.span, f"{program} refuses it: files are included too deep")
        elif not paths or not self.used.isdisjoint(paths):
            self.items.append(include)  # not in the tree, or there twice: what counts is open
        else:
            self.followed.append(include.span)
            for path, target in zip(paths, targets, strict=True):
                self.used.add(path)
                self.sources.append(target.source)
                self.add(target, files)

    def _refuse(self, span: Span, reason: str) -> None:
        self.followed.append(span)
        self.refused.append(Unreadable(span, reason))


_NONE = _Whole()


def _ordered(part: Part) -> list[Item]:
    items: list[Item] = [*part.entries, *part.includes]
    if isinstance(part, ini.Document):
        items += part.sections
    return sorted(items, key=lambda item: (item.span.start.line, item.span.start.column))


def _whole(part: Part, files: Mapping[str, Part]) -> _Whole:
    whole = _Whole()
    whole.add(part, files)
    auto = _auto(part, files)
    if auto is not None:
        whole.used.add(normpath(auto.source.path))
        whole.add(auto, files)
    return whole


def _targets(
    include: ini.Include | pgconf.Include, part: Part, files: Mapping[str, Part]
) -> list[Part]:
    """Return the files that an include means, in the order they are read."""
    kind = type(part)
    for path in _paths(include.path, part.source.path):
        if isinstance(include, pgconf.Include) and include.kind == "include_dir":
            names = sorted(name for name in files if _is_member(name, path))
        else:
            names = [path] if path in files else []
        found = [files[name] for name in names if isinstance(files[name], kind)]
        if found:
            return found
    return []


def _is_member(name: str, folder: str) -> bool:
    """Tell whether `include_dir` reads a file: `*.conf`, but hidden ones."""
    path = PurePosixPath(name)
    beside = str(path.parent) == folder
    return beside and path.suffix == ".conf" and not path.name.startswith(".")


def _paths(stated: str, source: str) -> Iterator[str]:
    """Yield what a path may mean in the tree: beside the file, or from the root it lies below."""
    folder = PurePosixPath(source).parent
    if not stated.strip() or "\0" in stated:
        return
    if not stated.startswith("/"):
        yield normpath(join(str(folder), stated))
        return
    for root in (folder, *folder.parents):
        inside = folder.relative_to(root).parts
        if inside and inside[0] in _SYSTEM:
            yield normpath(join(str(root), stated.lstrip("/")))


def _with(reading: FileReading, whole: _Whole) -> FileReading:
    """Return what a file says together with all that it includes."""
    (part,) = _parts(reading)
    if isinstance(part, pgconf.Document):
        entries = tuple(item for item in whole.items if isinstance(item, pgconf.Entry))
        left = tuple(item for item in whole.items if isinstance(item, pgconf.Include))
        found = postgresql.of_document(replace(part, entries=entries, includes=left))
    else:
        found, _ = pgbouncer.of_document(_joined(part, whole))
    return replace(
        reading,
        configurations=found.configurations,
        poolers=found.poolers,
        servers=found.servers,
    )


def _joined(part: ini.Document, whole: _Whole) -> ini.Document:
    """Return one document: a section goes on in a file that is included, and behind it."""
    sections: list[ini.Section] = []
    entries: list[ini.Entry] = []
    left: list[ini.Include] = []
    uncertain = False
    for item in whole.items:
        match item:
            case ini.Section():
                sections.append(replace(item, opening=len(sections)))
                uncertain = False
            case ini.Include():
                left.append(item)
                uncertain = True
            case ini.Entry():
                section = sections[-1] if sections else None
                entries.append(replace(item, section=section, included=uncertain))
    return replace(
        part, sections=tuple(sections), entries=tuple(entries), includes=tuple(left),
        others=tuple(whole.sources),
    )  # fmt: skip
