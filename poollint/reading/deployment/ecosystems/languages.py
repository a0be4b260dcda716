"""Which language a container runs a program of, by its command and its image."""

from __future__ import annotations

import re
from posixpath import basename

from poollint.catalog.platforms import Language, platforms
from poollint.reading.deployment.ecosystems import fpm, spring
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Unit

PYTHON = "python"
_SEVERAL = re.compile(r"&&|\|\||[;&\n]")  # what stands between programs of a line for a shell


def language_of(unit: Unit) -> str:
    """Return the language of what a container runs, "" where neither command nor image tells."""
    known = platforms()
    process = unit.container.process
    if process and process.tool:
        return known.tool_language(process.tool)
    name = reference(unit.base)[1].lower() if unit.base else ""
    if not name and fpm.image(unit):
        return fpm.LANGUAGE
    based = next((language.name for language in known.languages if name in language.images), "")
    # In an image of Python a word further on may be anything (`python run.py node`).
    found = _first(unit) if based == PYTHON else _program(unit)
    if found:
        return found.name
    if not based and any(part.text.startswith("-jar") for part in unit.argv or ()):
        return spring.LANGUAGE
    return based


def _first(unit: Unit) -> Language | None:
    """Return the language of the one program that a command starts, if its name tells."""
    process = unit.container.process
    if process is None or any(_SEVERAL.search(part.text) for part in unit.argv or ()):
        return None
    return platforms().language(basename(process.application))


def _program(unit: Unit) -> Language | None:
    """Return the language of the program that a command starts, if its name tells."""
    process = unit.container.process
    words = [process.application] if process else []
    words += [word for part in unit.argv or () for word in part.text.split()]
    found = (platforms().language(basename(word)) for word in words)
    return next((language for language in found if language), None)
