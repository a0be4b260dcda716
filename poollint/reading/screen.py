"""Which Python files can matter at all, told from their bytes.

A file matters if it imports a library of the catalog and holds one of the names by which that
library connects, takes, makes pools or sends SQL. Both lists are the catalog's; what they let
pass is more than what matters, never less. Reading and parsing costs a hundred times as much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from poollint.catalog.load import Catalog
from poollint.catalog.session import sessions
from poollint.reading.naming.objects.by_method import may_tell
from poollint.reading.naming.objects.by_use import may_have

_TELLING = frozenset(
    "connect pool engine acquire session session-factory session-registry transaction query"
    " execute prepare listener cursor text".split()
)
# A list of several lines: where it opens, what stands before that in its line, and what it holds.
# What begins with a word is found many times as fast as what begins with a line.
_OPENS = re.compile(rb"import[ \t]*\(")
_FROM = re.compile(rb"[ \t]*from[ \t]+([\w.]+)[ \t]+")
_HOLDS = re.compile(rb"((?:[^)#]|#[^\n]*+)*+)\)")
_WORD = re.compile(r"\w+")
_COMMENT = re.compile(rb"#[^\n]*")
_LATER = re.compile(rb"(?:\A|.*?[\s:])(?:from\s+([\w.]+)\s+)?import\b\s*(.*)", re.S)


def may_matter(data: bytes, catalog: Catalog) -> bool:
    """Tell whether a Python file can hold anything poollint looks at."""
    if b"iterator(" in data and b".objects" in data:  # of Django, which the file need not import
        return True
    if b"DATABASES" in data and (b"ENGINE" in data or b"_url" in data):  # its settings import none
        return True
    if b'DATABASES["default"]' in data or b"DATABASES['default']" in data:  # those of another file
        return True
    if any(root in data for root in _locking()):  # which use the connections of others
        return True
    if may_tell(data):  # of an engine that is handed in
        return True
    told = any(
        any(token in data for token in _tokens(driver, catalog))
        for driver in uses_driver(data, catalog)
    )
    return told or may_have(data)  # a session that is handed in


def uses_driver(data: bytes, catalog: Catalog) -> tuple[str, ...]:
    """Return the ids of the drivers that a Python file imports, in the catalog's order.

    What is imported under a name built at run time is not seen; a line of a docstring that
    reads like an import is.
    """
    roots = _roots(catalog)
    found = set()
    for statement in _import_statements(data):
        for module, names in _imports(statement):
            for root, driver in roots.get(module.partition(b".")[0], ()):
                if _under(module, names, root):
                    found.add(driver)
    return tuple(id_ for id_ in catalog.drivers if id_ in found) if found else ()


def imported(data: bytes) -> Iterator[str]:
    """Yield the qualified names that a Python file imports, relative ones with their dots.

    Of a list that goes on in the next line the module, too.
    """
    goes_on = False
    for statement in _import_statements(data):
        for module, names in _imports(statement):
            start = module.decode("utf-8", "ignore")
            goes_on |= b"(" in names and b")" not in names
            if not names or b"(" in names or b"*" in names or b"\\" in names:
                yield start
            yield from _qualified(start, names)
    for module, names in _lists(data) if goes_on else ():
        yield from _qualified(module.decode("utf-8", "ignore"), _COMMENT.sub(b"", names))


def _lists(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each module that a list in brackets is imported from, and the list."""
    for opens in _OPENS.finditer(data):
        start = data.rfind(b"\n", 0, opens.start()) + 1
        module = _FROM.fullmatch(data, start, opens.start())
        held = _HOLDS.match(data, opens.end()) if module else None
        if module and held:
            yield module[1], held[1]


def _qualified(start: str, names: bytes) -> Iterator[str]:
    for name in _WORD.findall(names.decode("utf-8", "ignore")):
        yield f"{start}{name}" if start.endswith(".") else f"{start}.{name}"


def _import_statements(data: bytes) -> Iterator[bytes]:
    if b"\\" in data:
        data = data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
    for line in _lines_with(b"import", data):
        for statement in line.split(b";"):
            yield statement.strip()


def _lines_with(word: bytes, data: bytes) -> Iterator[bytes]:
    """Yield the lines that hold `word`; seven times faster than splitting into all lines."""
    at = data.find(word)
    while at >= 0:
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        yield from data[data.rfind(b"\n", 0, at) + 1 : end].splitlines()
        at = data.find(word, end)


def _imports(line: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each module that a line imports, with what it imports from it (b"" the module)."""
    if line.startswith(b"from "):
        words = line.split(None, 3)
        if len(words) == 4 and words[2] == b"import":
            yield words[1], words[3]
            return
    match = _LATER.match(line)
    if match is None:
        return
    module, names = match.groups()
    if module:
        yield module, names
    else:
        for part in names.partition(b"#")[0].split(b","):
            yield part.strip().replace(b"\t", b" ").partition(b" ")[0], b""


def _under(module: bytes, names: bytes, root: bytes) -> bool:
    """Tell whether importing `names` from `module` may bring something of `root`."""
    if module == root or module.startswith(root + b"."):
        return True
    if not root.startswith(module + b"."):
        return False
    # `import django`, `from django import db`, or a list that goes on in the next line
    wanted = root[len(module) + 1 :].partition(b".")[0]
    return not names or wanted in names or b"(" in names or b"*" in names


@cache
def _locking() -> tuple[bytes, ...]:
    """Return the packages whose functions take a session's locks."""
    rows = (row for row in sessions().calls if row.effect == "advisory-lock")
    return tuple(sorted({f.partition(".")[0].encode() for row in rows for f in row.functions}))


@cache
def _roots(catalog: Catalog) -> dict[bytes, tuple[tuple[bytes, str], ...]]:
    """Return, by the first part of a module's name, the import roots it may lead to."""
    found: dict[bytes, tuple[tuple[bytes, str], ...]] = {}
    for driver in catalog.drivers.values():
        for root in driver.imports:
            first = root.encode().partition(b".")[0]
            found[first] = (*found.get(first, ()), (root.encode(), driver.id))
    return found


@cache
def _tokens(driver: str, catalog: Catalog) -> tuple[bytes, ...]:
    """Return the names by which a driver is put to work; none holds another."""
    names = {name for id_ in _reached(driver, catalog) for name in _names(id_, catalog)}
    return tuple(sorted(n.encode() for n in names if not any(o in n for o in names if o != n)))


@cache
def _names(driver: str, catalog: Catalog) -> frozenset[str]:
    apis = (*catalog.functions.values(), *catalog.methods.values())
    return frozenset(
        name.rpartition(".")[2]
        for api in apis
        if api.driver == driver and api.kind in _TELLING
        for name in (*api.names, *api.methods)
        if not name.startswith("__")
    )


def _reached(driver: str, catalog: Catalog) -> set[str]:
    """Return a driver and those whose connections and pools its calls hand out."""
    found: set[str] = set()
    todo = [driver]
    while todo:
        id_ = todo.pop()
        if id_ in found:
            continue
        found.add(id_)
        for api in (*catalog.functions.values(), *catalog.methods.values()):
            if api.driver == id_:
                todo += [catalog.types[t].driver for t in (api.returns, api.yields) if t]
        imports = catalog.drivers[id_].imports
        todo += [
            api.driver
            for name, api in catalog.functions.items()
            if any(name.startswith(f"{root}.") for root in imports)
        ]
    return found
