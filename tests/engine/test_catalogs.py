"""Catalogs of installed packages are found and read without running the packages."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from poollint.catalog.own import NOTHING, Additions, Package
from poollint.engine import catalogs, registry
from poollint.model.usage import UsageError

CATALOG = """
[drivers."acme.db"]
connect = ["acme.db.open"]

[handlers]
request = ["acme.web.endpoint"]
"""
MEANT = Additions(
    (Package("acme.db", names=(("connect", ("acme.db.open",)),)),),
    (("request", ("acme.web.endpoint",)),),
)


def install(
    where: Path, catalog: str | None, value: str = "acme_poollint:catalog.toml", name: str = "acme"
) -> None:
    """Install a package whose code must not run."""
    package = where / "acme_poollint" / "data"
    package.mkdir(parents=True, exist_ok=True)
    (package.parent / "__init__.py").write_text("raise SystemExit('the package was run')\n")
    if catalog is not None:
        (package.parent / "catalog.toml").write_text(catalog)
        (package / "catalog.toml").write_text(catalog)
    info = where / f"{name}_poollint-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-poollint\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{catalogs.GROUP}]\n{name} = {value}\n")


def load() -> Additions:
    return catalogs.load(metadata.entry_points(group=catalogs.GROUP))


def test_without_packages_nothing_is_added() -> None:
    assert load() == NOTHING == registry.load().additions


@pytest.mark.parametrize("value", ["acme_poollint:catalog.toml", "acme_poollint.data:catalog.toml"])
def test_catalog_is_read_and_the_package_is_not_run(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, CATALOG, value)
    monkeypatch.syspath_prepend(tmp_path)
    assert load() == MEANT == registry.load().additions
    assert "acme_poollint" not in sys.modules


def test_catalog_of_an_editable_install_is_found_where_its_package_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    site.mkdir()
    install(source, CATALOG)
    (source / "acme_poollint-1.dist-info").rename(site / "acme_poollint-1.dist-info")
    monkeypatch.syspath_prepend(source)
    monkeypatch.syspath_prepend(site)
    assert load() == MEANT
    assert "acme_poollint" not in sys.modules


def test_catalog_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, None)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="`acme-poollint` has no catalog `acme_poollint:cat"):
        load()


def test_fault_of_a_catalog_names_package_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, '[drivers."acme.db"]\nconect = ["acme.db.open"]\n')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError) as found:
        load()
    assert found.value.message == "unknown setting `conect`, in the catalog of `acme-poollint`"
    assert found.value.hint == "there is a setting `connect`"
    assert found.value.span is not None
    assert found.value.span.path == str(tmp_path / "acme_poollint" / "catalog.toml")
    assert found.value.span.start.line == 2


def test_catalog_holds_no_other_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, 'ignore = ["all"]\n')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="unknown setting `ignore`"):
        load()
