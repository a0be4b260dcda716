"""Which files a Compose file is laid over, where its own comments or commands of the tree say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import dirname, join, normpath

from poollint.reading.deployment.compose import layered
from poollint.reading.deployment.linking.documents import Manifest

_COMMENT = re.compile(r"(?m)^[ \t]*#(.*\bdocker[- ]compose\b.*)$")
_FILE = re.compile(r"(?<!\S)(?:-f|--file)(?:=|[ \t]+)[\"'`]?([\w./-]+\.ya?ml)")


def layers(
    manifest: Manifest, files: Mapping[str, Manifest], commands: tuple[tuple[str, ...], ...]
) -> list[Manifest]:
    """Return a file with those before it in the one command that its comments give, or others.

    `# docker compose -f prod.yml -f ip.yml up`. Nothing where no comment says so, where several
    say different things, and where a file is not there. Paths count from the folder of the file
    or from the top.
    """
    own = manifest.source.path
    found: set[tuple[str, ...]] = set()
    for comment in _COMMENT.finditer(manifest.source.text):
        named = _FILE.findall(comment[1])
        for folder in dict.fromkeys((dirname(own), "")):
            paths = [normpath(join(folder, name)) for name in named]
            if own in paths[1:]:
                found.add(tuple(paths[: paths.index(own) + 1]))
                break
    told = found.pop() if len(found) == 1 else layered.below(own, commands) if not found else ()
    return [files[path] for path in told] if all(path in files for path in told) else []
