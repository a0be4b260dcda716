"""Files of settings that include others, put together as the programs read them.

A file is followed where it is one of those read, never beyond the tree that was given. What an
absolute path means is known only in a tree laid out like the machine's (`rootfs/etc/…`).

Odyssey looks for a relative path from the folder it is started in, which no file states: such a
file is followed where only one of the folders at and above the file that includes it has it.

Sources: PostgreSQL, src/backend/utils/misc/guc-file.l (ParseConfigFile, ParseConfigDirectory);
PgBouncer, lib/usual/cfparser.c (parse_ini_file_internal); asked of PostgreSQL 15, PgBouncer 1.18,
Pgpool-II 4.3.5 and Odyssey 1.5.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from posixpath import join, normpath

from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading
from poollint.reading.settings import odyssey, pgbouncer, pgpool, postgresql
from poollint.syntax import ini, pgconf
from poollint.syntax import odyssey as odysseys
from poollint.syntax import pgpool as pgpools

# What reads a file, and how many files below the first one it opens. Odyssey has no bound.
_PROGRAMS = {
    ini.Document: ("PgBouncer", 9),
    pgconf.Document: ("PostgreSQL", 10),
    pgpools.Document: ("Pgpool-II", 10),
    odysseys.Document: ("Odyssey", 100),
}
_ENDLESS = "the file includes itself"
_LATER = (odyssey.NAME, pgpool.NAME)  # such a file may be none before what it includes is put in
_SYSTEM = ("etc", "opt", "usr", "var", "srv", "data", "home", "config", "conf")

Read = tuple[tuple[FileReading, ...], tuple[Span, ...], tuple[Unreadable, ...]]
Part = ini.Document | pgconf.Document | pgpools.Document | odysseys.Document
Include = ini.Include | pgconf.Include | pgpools.Include | odysseys.Include
Item = ini.Section | ini.Entry | pgconf.Entry | pgpools.Entry | odysseys.Item | Include


def followed(found: tuple[FileReading, ...]) -> Read:
    """Return the readings, each file with those it includes, which then do not speak themselves.

    Besides, the places that were followed, and those that the program refuses.
    """
    files = {normpath(reading.path): part for reading in found for part in _parts(reading)}
    wholes = {path: _whole(part, files) for path, part in files.items() if _leads(part, files)}
    within = {path for root, whole in wholes.items() for path in whole.used if path != root}
    kept = []
    told = {(stop.span, stop.reason) for reading in found for stop in reading.unread}
    for reading in found:
        path = normpath(reading.path)
        if path in within and path not in wholes.get(path, _NONE).used:
            reading = replace(reading, configurations=(), poolers=(), servers=())
        elif path in wholes and (reading.configurations or reading.reader in _LATER):
            reading = _with(reading, wholes[path])
        kept.append(reading)
    spans = (span for whole in wholes.values() for span in whole.followed)
    stops = [stop for whole in wholes.values() for stop in whole.refused]
    refused = {stop.span: stop for stop in stops if (stop.span, stop.reason) not in told}
    return tuple(kept), tuple(dict.fromkeys(spans)), tuple(refused.values())


def _parts(reading: FileReading) -> Iterator[Part]:
    for part in reading.parts:
        if isinstance(part, Part):
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
            if isinstance(item, Include):
                self._include(item, part, files)
            else:
                self.items.append(item)
        self.open.pop()

    def _include(self, include: Include, part: Part, files: Mapping[str, Part]) -> None:
        targets = _targets(include, part, files)
        program, deepest = _PROGRAMS[type(part)]
        paths = [normpath(target.source.path) for target in targets]
        if any(path in self.open for path in paths):
            self._refuse(include.span, f"{program} refuses it: {_ENDLESS}")
            self.used.update(paths)
        elif paths and len(self.open) > deepest:
            self._refuse(include.span, f"{program} refuses it: files are included too deep")
        elif not paths or not self.used.isdisjoint(paths):
            self.items.append(include)  # not in the tree, or there twice: what counts is open
        else:
            self.followed.append(include.span)
            for path, target in zip(paths, targets, strict=True):
                self.used.add(path)
                self.sources.append(target.source)
                self.refused += _stopped(target)
                self.add(target, files)

    def _refuse(self, span: Span, reason: str) -> None:
        self.followed.append(span)
        self.refused.append(Unreadable(span, reason))


_NONE = _Whole()


def _stopped(part: Part) -> Iterator[Unreadable]:
    """Yield where a program gives up on a file that is none but where another includes it."""
    if isinstance(part, odysseys.Document) and part.error:
        yield Unreadable(part.error.span, f"{odyssey.REFUSED}: {part.error.reason}")
    elif isinstance(part, pgpools.Document) and part.error:
        yield Unreadable(part.error.span, f"{pgpool.REFUSED}: {part.error.reason}")


def _ordered(part: Part) -> list[Item]:
    stated = part.items if isinstance(part, odysseys.Document) else part.entries
    items: list[Item] = [*stated, *part.includes]
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


def _targets(include: Include, part: Part, files: Mapping[str, Part]) -> list[Part]:
    """Return the files that an include means, in the order they are read."""
    kind = type(part)
    if kind is odysseys.Document and not include.path.startswith("/"):
        folders = PurePosixPath(part.source.path).parents
        paths = {normpath(join(str(home), include.path)) for home in folders}
        there = [files[path] for path in paths if isinstance(files.get(path), kind)]
        return there if len(there) == 1 else []
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
    elif isinstance(part, pgpools.Document):
        found = pgpool.of_document(_pgpool(part, whole))
    elif isinstance(part, odysseys.Document):
        found = odyssey.of_document(_odyssey(part, whole))
    else:
        found, _ = pgbouncer.of_document(_joined(part, whole))
    return replace(
        reading,
        configurations=found.configurations,
        poolers=found.poolers,
        servers=found.servers,
    )


def _pgpool(part: pgpools.Document, whole: _Whole) -> pgpools.Document:
    entries = tuple(item for item in whole.items if isinstance(item, pgpools.Entry))
    left = tuple(item for item in whole.items if isinstance(item, pgpools.Include))
    return replace(part, entries=entries, includes=left, error=part.error or _first_stop(whole))


def _odyssey(part: odysseys.Document, whole: _Whole) -> odysseys.Document:
    items = tuple(item for item in whole.items if isinstance(item, odysseys.Item))
    left = tuple(item for item in whole.items if isinstance(item, odysseys.Include))
    return replace(part, items=items, includes=left, error=part.error or _first_stop(whole))


def _first_stop(whole: _Whole) -> Unreadable | None:
    return whole.refused[0] if whole.refused else None


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
