"""Templates of what describes deployments: they are told, for nothing renders them.

Jinja (`compose.yml.j2`), Go (`helmfile.yaml.gotmpl`, `deploy.yaml.tmpl`), ERB and others. Some are
so by their name alone, with words that a script replaces (`image: shop:__TAG__`): what they
describe is read as it stands.
"""

from __future__ import annotations

import re

from poollint.model.source import SourceFile
from poollint.reading.deployment import manifest
from poollint.reading.deployment.kubernetes.kubernetes import WORKLOADS
from poollint.reading.deployment.kubernetes.operators import KINDS
from poollint.reading.deployment.servers import patroni
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import postgresql
from poollint.reading.settings.templates import of_ansible, unrendered

NAME = "unrendered"
_PATH = re.compile(r"\.ya?ml\.(?:j2|jinja2?|gotmpl|tmpl|erb|mustache|hbs|ejs)$|\.tmpl$", re.I)
_FILLED = re.compile(r"\{\{|\{%|<%")  # in all of these languages
_KINDS = "|".join(sorted(WORKLOADS | KINDS))
_WORDS = (b"kind:", b"services:", b"releases:", b"applications:", b"adapter:", b"max_connections:")
# What such a file has at the left margin, and what stands below it.
_SIGNS = tuple(
    (re.compile(rf"^{head}", re.M), re.compile(rf"^[ \t-]*{field}", re.M))
    for head, field in (
        (rf"kind:[ \t]*[\"']?(?:{_KINDS})\b", ""),
        ("services:", "(?:image|build):"),
        ("releases:", "chart:"),
        ("applications:", "(?:memory|instances|buildpacks?):"),
        ("", r"adapter:[ \t]*[\"']?postg(?:resql|is)\b"),  # Rails' database.yml
    )
)


def _claims(path: str) -> bool:
    return _PATH.search(path) is not None


def _screen(data: bytes, options: Options) -> bool:
    return any(word in data for word in _WORDS)


def _read(source: SourceFile, options: Options) -> FileReading:
    for head, field in _SIGNS:
        found = head.search(source.text)
        if found and field.search(source.text, found.end()):
            if _FILLED.search(source.text):
                return unrendered(source.path, NAME)
            return manifest.READER.read(source, options)
    if patroni.suits(source.text):
        if _FILLED.search(source.text):
            return unrendered(source.path, NAME, of_ansible(source, postgresql.PROGRAM))
        return manifest.READER.read(source, options)
    return FileReading(source.path, NAME)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
