"""Whether a Python file that says nothing of a database itself may have to do with one."""

from __future__ import annotations

from poollint.catalog.load import Catalog
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.screen import may_matter

_HOPS = 8  # imports that only hand a name on


def touches(path: str, files: PythonFiles, catalog: Catalog) -> bool:
    """Tell whether a file imports from one that uses a driver, or hands such imports on.

    So does one that reads what such a file sets on the application.
    """
    setting = {f for kept in files.glance(path).reads for f in files.setting(kept)}
    if any(may_matter(files.data(file), catalog) for file in sorted(setting)):
        return True
    seen = {path}
    todo = [path]
    for _ in range(_HOPS):
        names = {(at, name) for at in todo for name in files.glance(at).imports}
        found = {there[0] for at, name in names if (there := files.find(at, name))} - seen
        if any(may_matter(files.data(file), catalog) for file in found):
            return True
        seen |= found
        todo = sorted(file for file in found if file.endswith("__init__.py"))
    return False
