"""`.env` files, which Compose reads for its own variables and for those of containers."""

from __future__ import annotations

import re
from posixpath import basename

from poollint.model.source import SourceFile
from poollint.reading.deployment.linking.documents import EnvironmentFile
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import dotenv

NAME = "dotenv"
_NAMES = re.compile(r"\.env(?:[.-][\w.-]+)?|[\w.-]+\.env|env(?:\.[\w-]+)?|environment")
# In a folder of such files they have any name, perhaps with that of an environment behind it.
_FOLDER = re.compile(
    r"(?:^|/)\.?env(?:s|s?\.d)/(?:[\w.-]+/)?\.?[A-Za-z][\w-]*"
    r"(?:\.(?:local|dev|development|docker|stag(?:e|ing)|prod|production|defaults?))?$"
)
_SEALED = (".gpg", ".pgp", ".asc", ".age", ".enc", ".encrypted")
_SAMPLES = ("example", "sample", "template", "dist", "tpl", "j2", "tmpl")


def _claims(path: str) -> bool:
    """Claim what may be an environment file, but no example of one: it is not in use.

    Nor an encrypted one, which tells nothing as it stands.
    """
    name = basename(path).lower()
    known = _NAMES.fullmatch(name) or _FOLDER.search(path)
    sample = any(word in name for word in _SAMPLES)
    return bool(known) and not (sample or name.endswith(_SEALED))


def _screen(data: bytes, options: Options) -> bool:
    return b"=" in data or b":" in data


def _read(source: SourceFile, options: Options) -> FileReading:
    bindings = dotenv.read(source)
    documents = (EnvironmentFile(source.path, bindings),) if bindings else ()
    return FileReading(source.path, NAME, documents=documents)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
