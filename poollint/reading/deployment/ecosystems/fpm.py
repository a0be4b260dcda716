"""PHP-FPM: how many children serve at once; each runs one request at a time.

Source: php-src 00443c77, `sapi/fpm/www.conf.in` (`pm.max_children` is mandatory, and bounds them
whatever `pm` says; 5 in the file that comes with it); docker-library/php (`php-fpm.d` is read by
the names of its files); serversideup/docker-php and webdevops/Dockerfile, the pages of their
variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from posixpath import basename, dirname, join, normpath

from poollint.catalog.platforms import FpmImage, platforms
from poollint.model.figure import Basis, Figure
from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import pools as stated_pools
from poollint.reading.deployment.ecosystems.stating import StatedFile, Told
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.variables import Variables, number, unknown

LANGUAGE = "php"
KIND = "fpm"
PROGRAM = "php-fpm"
MARK = re.compile(rb"^[ \t]*pm(?:\.\w+)?[ \t]*=", re.M)
_CLAIMED = re.compile(
    r"(?:^|/)(?:[^/]*fpm[^/]*|www[^/]*)\.conf$|(?:^|/)(?:pool\.d|php-fpm\.d|fpm)/[^/]+\.conf$", re.I
)
# Where FPM looks for its files, in an image of PHP and in those of distributions.
_READ_FROM = re.compile(r"(?:^|/)(?:php-fpm\.d|pool\.d|php-fpm\.conf)(?:/|$)")
_SECTION = re.compile(r"[ \t]*\[(?P<name>[^\]\n]+)\]")
_SETTING = re.compile(r"[ \t]*pm\.max_children[ \t]*=[ \t]*(?P<value>[^;\n]*?)[ \t\r]*(?:;.*)?")
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}")
_NUMBER = re.compile(r"\d{1,6}")
_IN_COMMAND = re.compile(r"pm\\?\.max_children[ \t]*=[ \t]*(?P<number>\d{1,6}(?!\d))?")
_HINT = "pm.max_children"
_OTHERS = frozenset(("php", "artisan", "console", "composer"))
_OWN = f"{_HINT} of the file that comes with PHP-FPM"
_CHILDREN = 5


def claims(path: str) -> bool:
    """Tell whether a file by such a name may set up a pool of FPM's children."""
    return _CLAIMED.search(path) is not None


def read(source: SourceFile) -> StatedFile | None:
    """Return how many children each pool of a file may have, None where it says of none."""
    found: dict[str, Told] = {}
    name, start = "", 0
    for line in source.text.split("\n"):
        section, setting = _SECTION.match(line), _SETTING.fullmatch(line)
        if section:
            name = section["name"].strip()
        elif setting:
            span = source.span(start + len(line) - len(line.lstrip()), start + setting.end("value"))
            told = _told(setting["value"].strip("\"' "))
            found[name] = Told(span, told[0], told[1])
        start += len(line) + 1
    if not found:
        return None
    return StatedFile(LANGUAGE, KIND, source.path, "", numbers=tuple(found.items()))


def _told(value: str) -> tuple[tuple[str, ...], int | None]:
    """Return the variable that a value is filled in from, and the number that it is without."""
    variable = _VARIABLE.fullmatch(value)
    text = (variable["default"] or "") if variable else value
    count = int(text) if _NUMBER.fullmatch(text) else None
    return ((variable["name"],) if variable else ()), count


# --- In one container --------------------------------------------------------------------------


def serves(unit: Unit) -> bool:
    """Tell whether a container may run FPM: its command starts no other program in PHP."""
    process = unit.container.process
    if process is None or process.tool == PROGRAM:
        return True
    words = {basename(word) for part in unit.argv or () for word in part.text.split()}
    return not process.tool and words.isdisjoint(_OTHERS)


def image(unit: Unit) -> FpmImage | None:
    """Return what is known of the image a container's own begins with, if it runs FPM."""
    text = unit.base or unit.container.image
    owner, name = reference(text.lower())
    known = (one for one in platforms().fpm_images if owner in one.owners and name in one.names)
    return next((one for one in known if one.mark in text.rpartition("/")[2]), None)


def children(
    files: Iterable[StatedFile], unit: Unit, placed: Placed | None, variables: Variables
) -> Figure | None:
    """Return how many children a container has at the most, None where it runs no FPM."""
    if not serves(unit):
        return None
    known, put_in = image(unit), tuple(_put_in(tuple(files), unit, placed))
    pools = {name: told for file in put_in for name, told in file.numbers}
    if pools:
        return _sum(pools, variables)
    written = _written(unit)
    if written:
        return written
    if known:
        return _of_image(known, variables)
    process = unit.container.process
    if process and process.tool == PROGRAM:
        return Figure.defaulted(_CHILDREN, "workers", _OWN)
    return None


def _of_image(known: FpmImage, variables: Variables) -> Figure:
    name = next((name for name in known.variables if name in variables), "")
    if name:
        word = variables[name].value
        return number(word, "workers", name) or unknown("workers", word.origin, name)
    return Figure.defaulted(known.default, "workers", _OWN)


def _put_in(
    files: tuple[StatedFile, ...], unit: Unit, placed: Placed | None
) -> Iterator[StatedFile]:
    """Yield the files that FPM reads in a container, in its order: by the names they have there."""
    found: list[tuple[str, StatedFile]] = []
    copied: set[str] = set()
    for source, place in unit.file.copies if unit.file else ():
        named = basename(place) if place.endswith(".conf") else ""
        for file in files:
            if _is_copied(file.path, source, unit):
                copied.add(file.path)
                if _READ_FROM.search(place):
                    found.append((named or basename(file.path), file))
    yield from (file for _, file in sorted(found, key=lambda pair: pair[0]))
    for file in sorted(files, key=lambda file: basename(file.path)):
        if placed and file.path not in copied and _is_mounted(file, placed):
            yield file


def _is_copied(path: str, source: str, unit: Unit) -> bool:
    docker = dirname(unit.file.source.path) if unit.file else ""
    for home in {*_around(unit.container.build), *_around(docker)}:
        at = normpath(join(home, source.lstrip("/")))
        if path == at or dirname(path) == at or fnmatchcase(path, at):
            return True
    return False


def _around(folder: str) -> Iterator[str]:
    """Yield a folder and those around it: what the image is built from may be any of them."""
    folder = normpath(folder or ".")
    while folder not in (".", "/", "..") and not folder.endswith("/.."):
        yield folder
        folder = dirname(folder) or "."
    yield folder


def _is_mounted(file: StatedFile, placed: Placed) -> bool:
    if file.path in placed.mounts:
        return True
    folder = dirname(file.path)
    if folder in placed.mounts and _READ_FROM.search(folder):
        return True
    told = [one.span for _, one in file.numbers]
    return any(span.path != file.path and placed.sees(span) for span in told)


def _sum(pools: dict[str, Told], variables: Variables) -> Figure:
    figures = [stated_pools.settled(t, variables, "workers", _HINT) for t in pools.values()]
    known = [figure for figure in figures if figure]
    if len(known) < len(figures):
        lost = next(t for t, f in zip(pools.values(), figures, strict=True) if f is None)
        return unknown("workers", lost.span, lost.variables[0] if lost.variables else _HINT)
    if len(known) == 1:
        return known[0]
    most = sum(figure.low for figure in known)
    hint = f"{_HINT} of {len(known)} pools"
    return Figure(most, most, "workers", Basis.DERIVED, known[0].origin, hint)


def _written(unit: Unit) -> Figure | None:
    """Return the number that a command of the Dockerfile writes into FPM's own file."""
    source = unit.file.source if unit.file else None
    found = tuple(_IN_COMMAND.finditer(source.text)) if source else ()
    lines = [m for m in found if source and not _is_comment(source, m.start())]
    if source is None or not lines:
        return None
    last = lines[-1]
    span = source.span(*last.span())
    if last["number"] is None:  # a variable, or what only running the command tells
        return unknown("workers", span, _HINT)
    return Figure.stated(int(last["number"]), "workers", span, _HINT)


def _is_comment(source: SourceFile, at: int) -> bool:
    return source.text[source.text.rfind("\n", 0, at) + 1 : at].lstrip().startswith("#")
