"""What a settings file, or the catalog of an installed package, adds to the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from poollint.catalog.load import Catalog
from poollint.catalog.merged import drivers
from poollint.catalog.own import KINDS, ROLES, TAKING, Additions, Package
from poollint.engine.settings.settings_table import Table
from poollint.facts.code import Rate
from poollint.model.source import Span
from poollint.model.usage import nearest
from poollint.syntax.toml import Node

RATES = (*(rate.value for rate in Rate), "once")
_DECORATORS = "decorators"  # another word for "request"
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def additions(table: Table) -> Additions:
    """Return what the tables `drivers` and `handlers` of `table` say."""
    own = table.table("drivers")
    packages = tuple(_package(own, root, node) for root, node in own.pairs())
    return Additions(packages, tuple(_handlers(table.table("handlers"))))


def _handlers(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    table.only(*RATES, _DECORATORS)
    for rate, _ in table.pairs():
        found = [table.text(node, rate) for node in table.items(rate)]
        for name, span in found:
            if not _DOTTED.fullmatch(name):
                raise table.refused(
                    f"`{name}` is no qualified name", "as it is imported: `acme.web.endpoint`", span
                )
        yield "request" if rate == _DECORATORS else rate, tuple(name for name, _ in found)


def _package(drivers_table: Table, root: str, node: Node) -> Package:
    table = drivers_table.table(root)
    if not _DOTTED.fullmatch(root):
        hint = 'as it is imported: `[drivers."acme.db"]`'
        raise table.refused(f"`{root}` is no name of a package", hint, node.key)
    table.only("like", *KINDS, "defaults")
    like, same = _like(table, root)
    names = tuple((kind, _names(table, kind, root)) for kind in KINDS if table.get(kind))
    _only_once(table)
    if not (like or same or any(found for _, found in names)):
        hint = f"say what it offers: {', '.join(f'`{key}`' for key in ('like', *KINDS))}"
        raise table.refused(f"nothing is said of `{root}`", hint, node.key)
    return Package(root, like, same, names, tuple(_defaults(table)))


def _names(table: Table, kind: str, root: str) -> tuple[str, ...]:
    found = [table.text(node, kind) for node in table.items(kind)]
    for name, span in found:
        if kind == "release" and name.isidentifier():
            continue  # a method of what was taken
        _check_name(table, name, root, span)
    return tuple(name for name, _ in found)


def _check_name(table: Table, name: str, root: str, span: Span) -> None:
    if not name.startswith(f"{root}.") or not _DOTTED.fullmatch(name):
        last = name.rpartition(".")[2]
        example = f"{root}.{last if last.isidentifier() else 'connect'}"
        raise table.refused(f"`{name}` is no name in `{root}`", f"such as `{example}`", span)


def _only_once(table: Table) -> None:
    """Refuse a name that is said to be of two kinds; a `guard` may be taken without `with`."""
    seen: dict[str, str] = {}
    for kind in KINDS:
        for node in table.items(kind):
            name, span = table.text(node, kind)
            other = seen.setdefault(name, kind)
            if other != kind and not (kind == "guard" and other in TAKING):
                raise table.refused(
                    f"`{name}` stands under `{other}` and under `{kind}`", "it can be one", span
                )


def _like(table: Table, root: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    node = table.get("like")
    if node is None:
        return "", ()
    known = drivers()
    if not isinstance(node.value, Mapping):
        name, span = table.text(node, "like")
        _check_known(table, name, {*known.drivers, *known.type_of_name}, known, span)
        return name, ()
    pairs = table.table("like")
    found = []
    for own, meaning in pairs.pairs():
        _check_name(pairs, own, root, meaning.key)
        name, span = pairs.text(meaning, own)
        _check_known(pairs, name, {*known.functions, *known.type_of_name}, known, span)
        found.append((own, name))
    return "", tuple(found)


def _check_known(table: Table, name: str, wanted: set[str], known: Catalog, span: Span) -> None:
    if name in wanted:
        return
    near = nearest(name, wanted)
    some = ", ".join(f"`{id_}`" for id_ in list(known.drivers)[:4])
    hint = f"there is `{near}`" if near else f"a library ({some}, …), or a name of one"
    raise table.refused(f"poollint knows no `{name}`", hint, span)


def _defaults(table: Table) -> Iterator[tuple[str, int]]:
    inner = table.table("defaults")
    inner.only(*ROLES)
    for role, node in inner.pairs():
        yield role, inner.number(node, role)
