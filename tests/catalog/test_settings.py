"""The tables of settings hold to their own rules."""

import pytest

from poollint.catalog import settings
from poollint.syntax import units

BOUNCER_KINDS = {"int", "uint", "bool01", "time", "enum", "names", "path", "string", "atoi"}
POSTGRES_KINDS = {"integer", "real", "bool", "enum", "string", "preset"}


def test_every_setting_of_pgbouncer_has_a_kind_and_a_first_version() -> None:
    known = settings.pgbouncer()
    assert set(known.sections) == {"pgbouncer", "databases", "users", "peers"}
    for names in known.sections.values():
        for parameter in names.values():
            assert parameter.kind in BOUNCER_KINDS, parameter.name
            assert parameter.since, parameter.name
            assert bool(parameter.allowed) == (parameter.kind == "enum"), parameter.name


def test_the_defaults_of_pgbouncer_are_values_it_takes() -> None:
    for parameter in settings.pgbouncer().sections["pgbouncer"].values():
        if not parameter.default:
            continue
        match parameter.kind:
            case "int" | "uint" | "bool01":
                assert units.pgbouncer_integer(parameter.default) is not None, parameter.name
            case "time":
                assert units.pgbouncer_seconds(parameter.default) is not None, parameter.name
            case "enum":
                assert parameter.default in parameter.allowed, parameter.name


def test_what_to_write_instead_is_for_names_that_are_none() -> None:
    known = settings.pgbouncer()
    for name, instead in known.instead.items():
        assert name not in known.sections["pgbouncer"]
        assert instead in known.sections["pgbouncer"] or "`[databases]`" in instead


def test_every_parameter_of_postgresql_is_in_lower_case_and_has_a_range_that_is_one() -> None:
    known = settings.postgresql()
    for name, parameter in known.parameters.items():
        assert name == name.lower()
        assert parameter.kind in POSTGRES_KINDS, name
        assert bool(parameter.allowed) == (parameter.kind == "enum"), name
        if parameter.kind in ("integer", "real"):
            assert parameter.low is not None, name
            assert parameter.high is not None, name
            assert parameter.low <= parameter.high, name
            assert bool(parameter.unit) == bool(units.units_of(parameter.unit)), name


def test_a_name_of_postgresql_is_either_known_or_another() -> None:
    known = settings.postgresql()
    assert not known.others & known.parameters.keys()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("max_client_con", "max_client_conn"),
        ("defualt_pool_size", "default_pool_size"),
        ("POOL_MODE", "pool_mode"),
        ("sslmode", ""),
        ("nonsense", ""),
    ],
)
def test_the_nearest_name_is_near(name: str, near: str) -> None:
    assert settings.nearest(name, settings.pgbouncer().sections["pgbouncer"]) == near


@pytest.mark.parametrize(
    ("name", "major", "low"),
    [("maintenance_work_mem", "16", 1024), ("maintenance_work_mem", "17", 64), ("port", "13", 1)],
)
def test_a_range_is_that_of_the_version(name: str, major: str, low: float) -> None:
    assert settings.postgresql().parameters[name].at(major).low == low


def test_what_every_version_takes_is_within_what_any_takes() -> None:
    for name, parameter in settings.postgresql().parameters.items():
        for _, form in parameter.forms:
            if parameter.low is not None and parameter.high is not None:
                assert form.low is not None, name
                assert form.high is not None, name
                assert parameter.low <= form.low <= form.high <= parameter.high, name
            if form.kind == parameter.kind:
                assert set(form.allowed) <= set(parameter.allowed), name
                assert set(form.also) <= set(parameter.also), name


OTHER_KINDS = {
    "pgcat": {"integer", "boolean", "text", "enum", "shard", "list", "table"},
    "odyssey": {"yes_no", "number", "string", "enum", "word", "workers", "name", "block"},
    "pgpool": {"bool", "integer", "long", "real", "enum", "string", "list"},
}


@pytest.mark.parametrize("name", sorted(OTHER_KINDS))
def test_the_settings_of_other_poolers_have_a_kind_and_a_place(name: str) -> None:
    known = settings.other(name)
    assert known.sections.keys() <= known.places.keys()
    for names in known.sections.values():
        for parameter in names.values():
            assert parameter.kind in OTHER_KINDS[name], parameter.name
            assert bool(parameter.allowed) == (parameter.kind in ("enum", "word")), parameter.name
            if parameter.low is not None and parameter.high is not None:
                assert parameter.low <= parameter.high, parameter.name
            assert parameter.indexed in ("", "also", "always"), parameter.name


def test_what_only_files_may_set_is_known() -> None:
    known = settings.postgresql()
    assert not known.restart & known.reload
    assert "max_connections" in known.restart
    assert "autovacuum" in known.reload
    assert "work_mem" not in known.restart | known.reload
