"""Whether a package besides poollint may have rules, or add to the catalog.

`importlib.metadata` tells which have, and takes as long to be imported as a whole run over a small
file: a glance at what packages say of themselves tells that none has, as nearly everywhere.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder

# The groups of entry points that poollint asks for, and the one of them that it has itself.
_GROUP = re.compile(rb"^\s*\[\s*poollint\.(?:rules|catalogs)\s*\]", re.M)
_OWN = re.compile(
    rb"^\[poollint\.rules\]\r?\nbuiltin\s*=\s*poollint_rules:RULES\s*?(?=\n\s*\[|\s*\Z)", re.M
)
# Where tools that install packages write down what these say (packaging.python.org, "Recording
# installed projects"); setuptools did otherwise.
_RECORDS = (".dist-info", ".egg-info", "EGG-INFO")
_POINTS = "entry_points.txt"


def may_have() -> bool:
    """Tell whether such a package may be installed; to be asked where it may be."""
    if any(hasattr(f, "find_distributions") and f is not PathFinder for f in sys.meta_path):
        return True  # packages are found in another way, too
    return any(_names_group(path) for folder in sys.path for path in _told(folder or os.curdir))


def _told(folder: str) -> Iterator[str]:
    """Yield the files of entry points of what is installed in a folder; an archive itself."""
    try:
        names = os.listdir(folder)
    except NotADirectoryError:
        yield folder
        return
    except OSError:
        return  # most list an archive that is not there
    for name in names:
        if name.endswith(_RECORDS):
            yield os.path.join(folder, name, _POINTS)


def _names_group(path: str) -> bool:
    """Tell whether a file names a group of ours, in another way than poollint does itself."""
    if not path.endswith(_POINTS):
        return True  # nobody looks into archives here
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError:
        return False  # many a package has none
    return b"poollint." in data and _GROUP.search(_OWN.sub(b"", data, count=1)) is not None
