"""Files of properties that a container is given beside the archive of its application.

Source: Spring Boot 3, "Externalized Configuration" (`config/` and the folder where it starts, what
is in the archive counts less; SPRING_CONFIG_LOCATION names other places), and Quarkus,
"Configuration Reference" (`config/` where it starts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import spring
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.documents import SETTINGS
from poollint.reading.deployment.linking.variables import Variables, environment

_PLACES = ("SPRING_CONFIG_LOCATION", "SPRING_CONFIG_ADDITIONAL_LOCATION")
_CONFIG = "config"
# Where applications start for which no Dockerfile says it: the root, and what buildpacks use.
_STARTS = ("/", "/workspace")


def files(unit: Unit, placed: Placed, settings: Mapping[str, SourceFile]) -> tuple[StatedFile, ...]:
    """Return the files that the application of a container finds, what counts less first.

    `settings` are those of the tree, by their paths.
    """
    told = tuple(_told(environment(unit.container.variables)))
    own = [held[1:] for held in placed.held if held[0] == unit.container.name]
    own += _of_tree(placed, settings)
    found = [one for one in own if _is_found(dirname(one[0]) or "/", unit, told)]
    found.sort(key=lambda one: basename(dirname(one[0])) == _CONFIG)
    read = (spring.of_text(source, basename(path), "") for path, source in found)
    return tuple(file for file in read if isinstance(file, StatedFile))


def _of_tree(
    placed: Placed, settings: Mapping[str, SourceFile]
) -> Iterator[tuple[str, SourceFile]]:
    """Yield the files of the tree that containers have, each behind its place there."""
    for inner, outer in placed.files if settings else ():
        folder = normpath(outer)
        for path, source in settings.items():
            if path == folder:
                yield (
                    inner if SETTINGS.fullmatch(basename(inner)) else join(inner, basename(path)),
                    source,
                )
            elif folder == "." or path.startswith(f"{folder}/"):
                rest = path if folder == "." else path.removeprefix(f"{folder}/")
                yield normpath(join(inner, rest)), source


def _told(variables: Variables) -> Iterator[str]:
    """Yield the folders that variables tell it to look into."""
    for name in _PLACES:
        text = variables[name].value.value if name in variables else None
        for place in (text or "").split(","):
            path = place.strip().removeprefix("optional:").removeprefix("file:")
            if path:
                yield normpath(path)
                yield normpath(dirname(path))  # of a file that is named itself


def _is_found(folder: str, unit: Unit, told: tuple[str, ...]) -> bool:
    """Tell whether an application looks into a folder of its container.

    Where no file says where it starts, a folder of this name is there for nothing else.
    """
    if folder in told:
        return True
    starts = (normpath(unit.folder),) if unit.folder else _STARTS
    if not unit.folder and basename(folder) == _CONFIG:
        return True
    return folder in starts or any(folder == normpath(f"{at}/{_CONFIG}") for at in starts)
