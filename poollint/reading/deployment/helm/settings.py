"""Settings of PgBouncer, PostgreSQL and Pgpool-II in the values of charts.

What a chart's templates make of its values is seldom in the tree: charts are fetched. Two forms
are taken as they are by every chart that has them: a text that becomes a file of its own, or part
of one, and a mapping whose names are those of the program. What a chart does besides is unknown:
nothing that values set is taken for all of it, and of a mapping a name counts as wrong only where
it is close to one that the program knows, since it may be the chart's own.

Sources: bitnami/charts, postgresql and postgresql-ha, values.yaml (`primary.configuration`,
`extendedConfiguration`, `pgHbaConfiguration`, `postgresqlConfiguration`); apache/airflow,
chart/values.yaml (`pgbouncer.extraIni`); icoretech/helm, charts/pgbouncer (`config.pgbouncer`);
cloudnative-pg/charts, charts/cluster (`cluster.postgresql.parameters`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from poollint.catalog import settings as catalog
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.deployment.kubernetes import embedded
from poollint.reading.reader import Options
from poollint.reading.settings import single
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Mapping, Scalar, Sequence

# One of them is in all that is read here; a screen does not see that a file is one of values.
HINTS = (b"onfiguration:", b"xtendedConf:", b"extraIni:", b"pool_mode:", b"max_client_conn:",
         b"default_pool_size:", b"max_connections:", b"shared_buffers:", b"work_mem:",
         b".conf:", b".ini:")  # fmt: skip
_SERVER = re.compile(r"(?:configuration|extendedConfiguration|extendedConf|postgresqlExtendedConf)")
_ACCESS = re.compile(r"(?:pgHbaConfiguration|pgHba)")
_MADE = re.compile(r"(?:postgresqlConfiguration|postgresqlExtendedConf)")
_POOLERS_OWN = re.compile(r"(?:extraIni|customSettings)")
_BOUNCER = re.compile(r"pg_?bouncer", re.I)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OFF = ("false", "no", "off")
_LEAST = 2  # names of a program's own that tell its settings from those of a chart


@dataclass(frozen=True, slots=True)
class Found:
    """What the values of a chart set, and what of it could not be read."""

    configurations: tuple[Configuration, ...]
    unread: tuple[Unreadable, ...]


def of_values(source: SourceFile, options: Options) -> Found:
    """Return what a file of values sets; what is switched off in the same file is left out."""
    configurations: list[Configuration] = []
    unread: list[Unreadable] = []
    data = source.text.encode(errors="replace")
    if not any(hint in data for hint in HINTS):
        return Found((), ())
    for document in yaml.read(source).documents:
        for found in _of(document, (), source, options) if isinstance(document, Mapping) else ():
            configurations += (replace(c, complete=False) for c in found.configurations)
            unread += found.unread
    return Found(tuple(configurations), tuple(unread))


def _of(
    mapping: Mapping, path: tuple[str, ...], source: SourceFile, options: Options
) -> Iterator[Found]:
    if mapping.text("enabled").lower() in _OFF:
        return
    told = tuple(_of_names(mapping, path[-1] if path else ""))
    if told:
        yield Found(told, ())
        return
    for item in mapping.items:
        name = item.key.text
        match item.value:
            case Scalar() as text if text.style in ("|", ">") or "\n" in text.text:
                yield from _of_text(item, path, source, options)
            case Mapping() as inner:
                yield from _of(inner, (*path, name), source, options)
            case Sequence() as several:
                for one in several.items:
                    if isinstance(one, Mapping):
                        yield from _of(one, (*path, name), source, options)


def _of_text(
    item: Item, path: tuple[str, ...], source: SourceFile, options: Options
) -> Iterator[Found]:
    """Yield what a text sets that becomes a file, or a part of one."""
    assert isinstance(item.value, Scalar)
    name, head = _file(item.key.text, path)
    for reading in embedded.of_text(item.value, name, source, options, head):
        yield Found(reading.configurations, reading.unread)


def _file(name: str, path: tuple[str, ...]) -> tuple[str, str]:
    """Return what the file is called that a text becomes, and what stands above it there."""
    above = path[-1].lower() if path else ""
    if _ACCESS.fullmatch(name):
        return "pg_hba.conf", ""
    if _POOLERS_OWN.fullmatch(name) and any(_BOUNCER.search(part) for part in path):
        return "pgbouncer.ini", "[pgbouncer]"
    if _SERVER.fullmatch(name):
        return ("pgpool.conf" if "pgpool" in above else "postgresql.conf"), ""
    return name, ""


# --- Mappings whose names are those of the program -------------------------------------------


def _of_names(mapping: Mapping, name: str) -> Iterator[Configuration]:
    """Yield what a mapping sets whose names are those of PgBouncer or PostgreSQL, if it does."""
    humps = _MADE.fullmatch(name) is not None  # the chart writes `sharedBuffers` with a line
    stated = [(_named(i.key.text, humps), i) for i in mapping.items if _is_value(i)]
    names = [text for text, _ in stated]
    bouncer, server = catalog.pgbouncer().sections["pgbouncer"], catalog.postgresql().parameters
    made = None
    if _is_of([text for text in names if text in bouncer], names):
        made = (single.PGBOUNCER, single.of_pgbouncer)
    elif _is_of([text for text in names if text.lower() in server], names):
        made = (single.POSTGRES, single.of_postgres)
    if made is None:
        return
    program, judge = made
    settings = tuple(_kept(judge(text, item.value.text, _place(item)))
                     for text, item in stated if isinstance(item.value, Scalar))  # fmt: skip
    yield Configuration(program, mapping.span, settings)


def _is_value(item: Item) -> bool:
    return isinstance(item.value, Scalar) and not item.value.is_null


def _named(text: str, humps: bool) -> str:
    return _HUMP.sub("_", text).lower() if humps else text


def _is_of(known: list[str], names: list[str]) -> bool:
    """Tell whether names are those of one program: most, and some that nothing else has."""
    own = sum("_" in name for name in known)
    return own >= _LEAST and 3 * len(known) >= 2 * len(names)


def _place(item: Item) -> Span:
    return Span(item.key.span.path, item.key.span.start, item.value.span.end)


def _kept(setting: Setting) -> Setting:
    """Return a setting; a name that no version knows may be the chart's own, unless it is a slip.

    Nor is a name removed that the chart itself does not pass on.
    """
    if setting.flaw is None or setting.flaw is Flaw.INVALID or setting.nearest:
        return setting
    return replace(setting, flaw=None, complaint="", expected="", removed="")
