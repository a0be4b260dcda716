"""Files that one of supervisord takes in within an image (`[include]`), put in by a Dockerfile.

Sources: Supervisor 4.2, docs/configuration.rst (`[include] files`: patterns, relative ones from the
folder of the file); the packages of Debian 12 and Alpine 3.20, whose own files take in
`/etc/supervisor/conf.d/*.conf` and `/etc/supervisor.d/*.ini`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from posixpath import basename, dirname, isabs, join, normpath

from poollint.reading.deployment.images.dockerfile import copied
from poollint.reading.deployment.linking.documents import DaemonFile, ImageFile
from poollint.reading.deployment.programs.kept import PACKAGED

_PATTERNS = ("/etc/supervisor/conf.d/*.conf", "/etc/supervisor.d/*.ini")
_OWN = ("/etc/supervisord.conf", "/etc/supervisor/supervisord.conf")


def whole(
    file: ImageFile, named: Iterable[tuple[str, str]], known: Mapping[str, DaemonFile],
    contexts: Iterable[str],
) -> Iterator[tuple[str, DaemonFile]]:  # fmt: skip
    """Yield the files that a Dockerfile puts in by their names, with those that they take in.

    `known` are the files of the tree by their paths. One that takes in what is not in the tree
    says so still.
    """
    placed = dict(_placed(file, known, tuple(contexts)))
    for name, path in named:
        one = known[path]
        at = next((place for place, there in placed.items() if there == path), "")
        yield name, _with_others(one, at, placed, known) if one.included and at else one
    packaged = [known[p] for at, p in sorted(placed.items()) if _fits(at, _PATTERNS)]
    if packaged and not any(at in _OWN for at in placed):
        yield PACKAGED, replace(packaged[0], taken=tuple(packaged[1:]))


def _with_others(
    one: DaemonFile, at: str, placed: Mapping[str, str], known: Mapping[str, DaemonFile]
) -> DaemonFile:
    """Return a file that lies `at` a place of the image with those that it takes in."""
    patterns = [p if isabs(p) else normpath(join(dirname(at), p)) for p in one.included]
    if not all(any(_fits(place, (pattern,)) for place in placed) for pattern in patterns):
        return one
    taken = [known[p] for place, p in sorted(placed.items()) if _fits(place, patterns)]
    return replace(one, included=(), taken=tuple(t for t in taken if t is not one))


def _fits(place: str, patterns: Iterable[str]) -> bool:
    return any(
        fnmatchcase(place, pattern) and place.count("/") == pattern.count("/")
        for pattern in patterns
    )


def _placed(
    file: ImageFile, paths: Iterable[str], contexts: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield the places in the image of files of the tree, each with its path."""
    every = tuple(paths)
    for source, place in copied(file):
        for folder in dict.fromkeys(normpath(context or ".") for context in contexts):
            whole_ = normpath(join(folder, source.lstrip("/")))
            for path in every:
                inner = _inner(path, whole_, place)
                if inner is not None:
                    yield normpath(join("/", file.folder, inner)), path


def _inner(path: str, source: str, place: str) -> str | None:
    """Return where a file comes to lie when `source` is copied to a place, None for nowhere."""
    if path == source:
        return join(place, basename(path)) if place.endswith(("/", ".")) else place
    if source == ".":
        return join(place, path)
    if path.startswith(f"{source}/"):
        return join(place, path[len(source) + 1 :])
    alike = dirname(path) == dirname(source) and fnmatchcase(basename(path), basename(source))
    return join(place, basename(path)) if alike else None
