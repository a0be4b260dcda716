"""Files of variables that a service names (`env_file`), whatever they are called.

Source: compose-spec 170098b, 05-services.md, "env_file": a path counts from the folder of the
Compose file, and any name will do; an example that a service names is in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from poollint.model.source import SourceFile
from poollint.reading.deployment.linking.documents import EnvironmentFile
from poollint.reading.reader import Options
from poollint.syntax import dotenv


def read(
    paths: Iterable[str], known: Mapping[str, EnvironmentFile], options: Options
) -> dict[str, EnvironmentFile]:
    """Return the files of the tree at these paths that are not among those `known`."""
    found: dict[str, EnvironmentFile] = {}
    text_of = options.tracked
    for path in dict.fromkeys(paths) if text_of else ():
        text = text_of(path) if text_of and path not in known and not path.startswith("/") else ""
        if text:
            found[path] = EnvironmentFile(path, dotenv.read(SourceFile(path, text)))
    return found
