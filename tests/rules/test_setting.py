"""What the rules about one value say beyond the fixtures: severities, fixes, and no secrets."""

import dataclasses

from poollint import Confidence, Edit, Flaw, Problem, Safety, Setting, Severity, Span
from poollint_rules.setting.invalid_setting import invalid_setting
from poollint_rules.setting.unknown_setting import unknown_setting

PLACE = Span.at("pgbouncer.ini", 4, 1, 19)
SETTING = Setting(
    "PgBouncer",
    "pgbouncer",
    "",
    "max_client_con",
    "2000",
    PLACE,
    Span.at("pgbouncer.ini", 4, 18, 4),
)


def _unknown(**changes: object) -> Problem:
    setting = dataclasses.replace(SETTING, flaw=Flaw.UNKNOWN, **changes)  # type: ignore[arg-type]
    (problem,) = unknown_setting.check(setting)
    return problem


def _invalid(**changes: object) -> Problem:
    setting = dataclasses.replace(SETTING, flaw=Flaw.INVALID, **changes)  # type: ignore[arg-type]
    (problem,) = invalid_setting.check(setting)
    return problem


def test_a_setting_without_a_flaw_is_no_problem() -> None:
    assert not list(unknown_setting.check(SETTING))
    assert not list(invalid_setting.check(SETTING))
    assert not list(invalid_setting.check(dataclasses.replace(SETTING, flaw=Flaw.UNKNOWN)))
    assert not list(unknown_setting.check(dataclasses.replace(SETTING, flaw=Flaw.INVALID)))


def test_only_the_one_near_name_is_a_safe_fix() -> None:
    safe = _unknown(nearest="max_client_conn", sole=True).fix
    assert safe is not None
    assert safe.safety is Safety.SAFE
    problem = _unknown(nearest="max_client_conn")
    assert problem.help == "write `max_client_conn`"
    assert problem.fix is not None
    assert problem.fix.safety is Safety.UNSAFE
    name = Span.at("pgbouncer.ini", 4, 1, len("max_client_con"))
    assert problem.at == name
    assert problem.fix.edits == (Edit(name, "max_client_conn"),)


def test_without_a_near_name_the_setting_is_to_go() -> None:
    problem = _unknown()
    assert (problem.help, problem.fix) == ("remove it", None)


def test_a_name_that_resembles_none_of_postgresql_is_less_sure() -> None:
    assert _unknown(program="PostgreSQL").confidence is Confidence.MEDIUM
    assert _unknown(program="PostgreSQL", nearest="max_connections").confidence is Confidence.HIGH


def test_the_scope_tells_entries_of_databases_apart() -> None:
    assert _unknown(section="databases", owner="orders").scope == "databases orders"


def test_what_is_refused_is_an_error_and_what_is_misread_a_warning() -> None:
    assert _invalid(complaint="is refused by PgBouncer").severity is None
    assert invalid_setting.severity is Severity.ERROR
    assert _invalid(complaint="is read as 0 by PgBouncer").severity is Severity.WARNING


def test_a_secret_is_named_and_not_shown() -> None:
    problem = _invalid(secret=True, complaint="is refused by PgBouncer")
    assert "2000" not in repr(problem)
    assert problem.message == "`max_client_con` is refused by PgBouncer"


def test_a_long_value_is_cut() -> None:
    problem = _invalid(name="pool_mode", value="x" * 500, complaint="is refused by PgBouncer")
    assert len(problem.message) <= 80


def test_what_only_a_restart_changes_is_told() -> None:
    note = "a reload does not change it: once mended, it counts from the next restart on"
    assert _invalid(complaint="is refused by PgBouncer", restart=True).notes == (note,)
    assert _invalid(complaint="is refused by PgBouncer").notes == ()
