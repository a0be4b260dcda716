"""Terraform's modules: what tfparse (Trivy's evaluator) makes of their resources, and poollint.

What poollint does not know it leaves unknown; where it knows a value, it is Terraform's. What
exists only once it is applied (addresses, identifiers) is known to neither. tfparse 0.6.22 makes
no dynamic block that stands within a block, so none of the modules here has one.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from posixpath import basename
from typing import Any

import pytest
import yaml

from poollint.reading.deployment.helm.charts import ChartFile
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.terraform.files import TemplateFile, TerraformFile
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.roots import Root, roots
from poollint.reading.deployment.terraform.scalars import (
    decimal,
    is_endless,
    is_unknown,
    number,
)
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence
from tests.lab.renderers import Comparison, documents, library, trees
from tests.lab.terraform_modules import MODULES, Files

# What tfparse adds by itself, and what says how often a block is made rather than of what.
_NOT_OF_THE_BODY = frozenset(("id", "arn", "count", "for_each", "depends_on", "provider", "source"))
_NAMED = frozenset(
    ("desired_count", "instance_class", "replicas", "container_definitions", "parameter",
     "database_flags", "environment", "env", "tier", "min_capacity", "max_capacity")
)  # fmt: skip
# An identifier of tfparse's own, or an expression that it leaves as it is written.
_MADE_BY_APPLYING = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\$\{")
_KEY = re.compile(r'\["?([^"\]]*)"?\]')
_NOBODY_KNOWS = "not known to tfparse"


def compared(tree: Path, found: Comparison) -> None:
    """Compare each root module of a tree, once for each set of values."""
    known = documents(tree)
    texts = {
        d.source.path: d.source for d in known if isinstance(d, TemplateFile | Manifest | ChartFile)
    }
    for root in roots([d for d in known if isinstance(d, TerraformFile)], texts):
        found.files += 1
        theirs = _parsed(tree, root)
        if theirs is None:
            found.refused += 1
            continue
        ours = _alone((resource.address, resource) for resource in root.module.resources())
        _resources(ours, theirs, f"{tree.name}/{root.scope}", found)


def _parsed(tree: Path, root: Root) -> dict[str, dict[str, Any]] | None:
    """Return the resources by their addresses, None where tfparse refuses the module."""
    tfparse = library("tfparse")
    folder = tree / root.module.folder
    given = [os.path.relpath(tree / path, folder) for path in root.given]
    try:
        read = tfparse.load_from_path(str(folder), vars_paths=given)
    except tfparse.ParseError:
        return None
    every = (one for kind in read.values() for one in kind if isinstance(one, dict))
    made = [one for one in every if one["__tfmeta"].get("type") == "resource"]
    return _alone((_KEY.sub(r".\1", one["__tfmeta"]["path"]), one) for one in made)


def _alone(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return what has an address of its own: Terraform refuses what is declared twice."""
    every = list(pairs)
    number = Counter(address for address, _ in every)
    return {address: one for address, one in every if number[address] == 1}


def _resources(
    ours: dict[str, Resource], theirs: dict[str, dict[str, Any]], where: str, found: Comparison
) -> None:
    """Compare which there are, and what each holds; the only copy goes by its name as well."""
    read = {address: one for address, one in theirs.items() if address in ours}
    read |= {
        address.removesuffix(".0"): one
        for address, one in theirs.items()
        if address not in ours and ours.get(address.removesuffix(".0"))
    }
    unsure = tuple(f"{a}." for a, resource in ours.items() if not resource.sure)
    for address in sorted(ours.keys() | theirs.keys()):
        one, there = ours.get(address), address in theirs or address in read
        if one and one.sure:
            # A module of a registry is described to poollint; tfparse has nothing of it.
            inside = address.startswith("module.") and not there
            # Nor does it always work out what a resource is made for each of.
            inside |= not there and address.rpartition(".")[0] in theirs
            found.take("resource", f"{where} {address}", None if inside else True, there)
        elif one is None and address.removesuffix(".0") not in ours:
            unknown = f"{address}.".startswith(unsure) or ".module." in f".{address}"
            unknown |= any(known.startswith(f"{address}.") for known in ours)
            found.take("resource", f"{where} {address}", None if unknown else False, True)
    for address in sorted(read):
        if ours[address].sure:
            _mapping(ours[address].body, read[address], f"{where} {address}", "", found)


def _mapping(
    ours: Mapping, theirs: dict[str, Any], where: str, what: str, found: Comparison
) -> None:
    """Compare what both hold; what nobody has set is null to Terraform."""
    given = {key: value for key, value in theirs.items() if not key.startswith("__")}
    own = {item.key.text: item.value for item in ours.items}
    if any("${" in key for key in own):
        found.unknown[what or "key"] += 1
        return
    for key in sorted((own.keys() | given.keys()) - (frozenset() if what else _NOT_OF_THE_BODY)):
        if what and key == "id" and key not in own:
            continue
        label = what if what in _NAMED else key if key in _NAMED else "other"
        place = f"{where} {key}"
        if key in own:
            _node(own[key], given.get(key), place, label, found)
        elif given[key] is not None and given[key] != []:
            found.take(label, place, "nothing", given[key])


def _node(ours: Node, theirs: Any, where: str, what: str, found: Comparison) -> None:
    if _made_by_applying(theirs):
        known = not is_unknown(ours) and not (isinstance(ours, Scalar) and ours.is_null)
        found.unknown[_NOBODY_KNOWS if known else what] += 1
    elif isinstance(ours, Scalar):
        _scalar(ours, theirs, where, what, found)
    elif isinstance(ours, Mapping):
        told = _document(theirs)
        told = told[0] if isinstance(told, list) and len(told) == 1 else told
        if isinstance(told, dict):
            _mapping(ours, told, where, what, found)
        else:
            found.take(what, where, "a mapping", told)
    else:
        _sequence(ours, _document(theirs), where, what, found)


def _made_by_applying(value: Any) -> bool:
    """Tell whether it is known only once it is there, or to whoever sets a variable."""
    if value is None or (isinstance(value, dict) and "__attribute__" in value):
        return True
    return isinstance(value, str) and bool(_MADE_BY_APPLYING.search(value))


def _scalar(ours: Scalar, theirs: Any, where: str, what: str, found: Comparison) -> None:
    if is_unknown(ours) or "${" in ours.text:
        found.unknown[what] += 1
    elif isinstance(theirs, str) and theirs[:1] in ("[", "{") and _document(theirs) != theirs:
        found.take(what, where, _document(ours.text), _document(theirs))
    elif isinstance(theirs, str) and ours.text.startswith("/") and not theirs.startswith("/"):
        # A path: poollint's begins in the tree, Terraform's where it is applied.
        found.take(what, where, basename(ours.text), basename(theirs))
    else:
        known = decimal(ours) if isinstance(theirs, int | float) else None
        told = _text(theirs)
        found.take(what, where, ours.text if known is None else number(known.normalize()), told)


def _sequence(ours: Sequence, theirs: Any, where: str, what: str, found: Comparison) -> None:
    told = theirs if isinstance(theirs, list) else [theirs]
    if is_endless(ours):  # some of its elements are known, and not how many there are
        found.unknown[what] += 1
        return
    if len(told) != len(ours.items):
        found.take(what, where, f"{len(ours.items)} elements", told)
        return
    texts = [i.text for i in ours.items if isinstance(i, Scalar) and not is_unknown(i)]
    if sorted(texts) == sorted(map(_text, told)):  # a set has no order, tfparse gives one to it
        found.equal[what] += len(told)
        return
    for at, (one, other) in enumerate(zip(ours.items, told, strict=True)):
        _node(one, other, f"{where} {at}", what, found)


def _document(value: Any) -> Any:
    """Return the JSON or YAML that a text of several lines holds, anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    try:
        return yaml.safe_load(value) if "\n" in value else value
    except yaml.YAMLError:
        return value


def _text(value: Any) -> str:
    """Return a value as Terraform writes it in a text."""
    if isinstance(value, bool):
        return str(value).lower()
    whole = isinstance(value, float) and value == int(value)
    return str(int(value) if whole else value)


def _write(files: Files, folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)


def _labels(found: Comparison) -> Iterable[str]:
    return (label for label, number in found.equal.items() if number)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_comes_to_what_terraform_makes_of_it(name: str, tmp_path: Path) -> None:
    case = MODULES[name]
    _write(case.files, tmp_path)
    found = Comparison()
    compared(tmp_path, found)
    assert not found.refused
    assert not found.unequal, found.report()
    assert set(case.known) <= set(_labels(found)), found.report()
    assert not set(case.known) & found.unknown.keys(), found.report()


@pytest.mark.opt_in
@pytest.mark.skipif("POOLLINT_TREES" not in os.environ, reason="no real trees are named")
def test_real_modules_come_to_what_terraform_makes_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = Comparison()
    for tree in trees():
        compared(tree, found)
    with capsys.disabled():
        print(f"\n{found.report()}")
    assert not found.unequal
