"""Files of values that name a server, of charts that are not in the tree: no file says which."""

from __future__ import annotations

import re
from collections.abc import Iterable

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import charts


def naming(hosts: Iterable[str], documents: Iterable[object]) -> tuple[str, ...]:
    """Return the paths of the files that name one of the hosts.

    A name of one word may mean anything in a file of values, and does not count.
    """
    known = [host for host in hosts if "-" in host]
    if not known:
        return ()
    word = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, known))})(?![\w-])")
    files = (document.source for document in documents if isinstance(document, charts.ChartFile))
    values = (file for file in files if "templates/" not in file.path)
    may = (file for file in values if any(host in file.text for host in known))
    return tuple(file.path for file in may if _names(file, word))


def _names(file: SourceFile, host: re.Pattern[str]) -> bool:
    """Tell whether a file names a host outside of its comments."""
    return any(host.search(line.partition("#")[0]) for line in file.text.splitlines())
