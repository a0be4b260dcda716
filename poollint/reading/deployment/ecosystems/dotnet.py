"""Programs for .NET: the connection strings of Npgsql in `appsettings.json`, and in variables.

A pool belongs to a connection string, and to a process. What `ConnectionStrings__Name` says goes
before the file of the environment (`appsettings.Production.json`), and that before the general one.

Source: npgsql.org/doc, "Connection String Parameters" (`Maximum Pool Size` 100 where nothing is
said, `Minimum Pool Size` 0, `Pooling` true); learn.microsoft.com, ASP.NET Core, "Configuration"
(the environment is "Production" where nothing is said).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from posixpath import basename, dirname

from poollint.facts.infrastructure import Variable
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.reading.naming.values import dsn
from poollint.syntax.tokens import Words

LANGUAGE = "dotnet"
MARK = re.compile(rb"ConnectionStrings\"|[Pp]ool ?[Ss]ize")
PROGRAM = "program"
POOL = 100
_FILE = re.compile(r"appsettings(?:\.(?P<environment>\w+))?\.json", re.I)
_ASIDE = re.compile(r"(?:^|/)(?:bin|obj|tests?|[\w.]*\.tests?|samples?|examples?)/", re.I)
_CODE = (".cs", ".fs", ".vb")
_IN_CODE = re.compile(r"\bMax(?:imum )?Pool ?Size\b", re.I)
_CHOOSING = ("ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT")
_PRODUCTION = "Production"
_VARIABLE = re.compile(r"ConnectionStrings(?:__|:)(?P<name>.+)", re.I)
_PAIR = re.compile(r"\s*(?P<key>[A-Za-z][A-Za-z ]*?)\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'|[^;]*)")
_SIZE = ("maximum pool size", "maxpoolsize")
# What only the strings of other databases say.
_OTHERS = frozenset(
    "data source,initial catalog,trusted_connection,integrated security,uid,attachdbfilename,"
    "multipleactiveresultsets,encrypt,trustservercertificate,allow user variables".split(",")
)
_MYSQL = "3306"
_DIGITS = re.compile(r"\d{1,6}")


def claims(path: str) -> bool:
    """Tell whether this is a file of settings of an application, or of its code."""
    named = _FILE.fullmatch(basename(path)) is not None or path.endswith(_CODE)
    return named and not _ASIDE.search(path)


def read(source: SourceFile) -> StatedFile | None:
    """Return the connections to PostgreSQL that a file states; None where it speaks of none.

    A file may leave all of them to variables, and still tell that they are read.
    """
    if source.path.endswith(_CODE):  # it sets a size that no file of settings says
        sets = _IN_CODE.search(source.text)
        return StatedFile(LANGUAGE, PROGRAM, source.path, "") if sets else None
    environment = _FILE.fullmatch(basename(source.path))
    words = Words(source.text, "//")
    at = next((i for i, t in enumerate(words.tokens) if t.text == "ConnectionStrings"), None)
    if at is None or not (words.sign(at + 1, ":") and words.sign(at + 2, "{")):
        return None
    chosen = (environment["environment"] or "") if environment else ""
    found: list[StatedPool] = []
    for start, end in words.parts(at + 2):
        value = words.tokens[end - 1]
        if words.sign(start + 1, ":") and value.kind == "text" and end == start + 3:
            span = source.span(value.start, value.end)
            pool = _pool(words.tokens[start].text, value.text, span, chosen)
            found += [pool] if pool else []
    home = dirname(source.path) or "."
    return StatedFile(LANGUAGE, "settings", source.path, home, tuple(found))


def _pool(name: str, text: str, span: Span, chosen: str) -> StatedPool | None:
    """Return the pool of one connection string; None of one that is for another database."""
    said = {m["key"].lower(): m["value"].strip("\"' ") for m in _PAIR.finditer(text)}
    host = said.get("host") or (said.get("server") if said.get("port") == "5432" else "")
    if not host or _OTHERS & said.keys() or "," in host or said.get("port") == _MYSQL:
        return None
    most = next((said[key] for key in _SIZE if key in said), None)
    size: Told | None = None
    if said.get("pooling", "").lower() in ("false", "no"):
        size = Told(span)  # a connection for each use
    elif most is not None:
        size = Told(span, (), int(most)) if _DIGITS.fullmatch(most) else Told(span)
    port = said.get("port", "")
    where = f":{port}" if port.isdecimal() and len(port) < 6 else ""
    address = dsn.address(f"postgresql://{host}{where}/{said.get('database', '')}")
    return StatedPool(
        "Npgsql",
        "Maximum Pool Size",
        span,
        size,
        POOL,
        "Npgsql default",
        address=address.url if address else "",
        sure=True,
        chosen=chosen,
        title=name.lower(),
    )


def pools(
    files: tuple[StatedFile, ...], variables: Mapping[str, Variable]
) -> tuple[StatedPool, ...]:
    """Return the pools of an application in one container, one for each connection string.

    Where its code speaks of their size, one that no string says is not known.
    """
    told = next((variables[name].value.value for name in _CHOOSING if name in variables), None)
    environment = (told or _PRODUCTION).lower()
    found: dict[str, StatedPool] = {}
    for wanted in ("", environment):
        for pool in (pool for file in files for pool in file.pools):
            if pool.chosen.lower() == wanted:
                found[pool.title] = pool
    for pool in _given(variables, found):
        found[pool.title] = pool
    each: Iterable[StatedPool] = found.values()
    if any(file.kind == PROGRAM for file in files):
        each = [p if p.size else replace(p, size=Told(p.span)) for p in found.values()]
    return tuple({(p.address, p.size): p for p in each}.values())


def _given(
    variables: Mapping[str, Variable], stated: Mapping[str, StatedPool]
) -> Iterator[StatedPool]:
    """Yield what variables put in the place of a file's connection strings, or add to them."""
    for name, variable in variables.items():
        match = _VARIABLE.fullmatch(name)
        origin, text = variable.value.origin, variable.value.value
        if match is None or not isinstance(origin, Span):
            continue
        pool = _pool(match["name"], text, origin, "") if text else None
        known = stated.get(match["name"].lower())
        if pool is None and known and text is None:  # where it leads, and its size, is not known
            pool = StatedPool(
                known.driver, known.setting, origin, Told(origin), None, "",
                variables=(name,), sure=True, title=known.title,
            )  # fmt: skip
        if pool:
            yield pool
