"""What drivers do to their sessions: the table holds to its rules."""

from __future__ import annotations

from poollint.catalog.load import drivers
from poollint.catalog.session import sessions
from poollint.facts.code import Effect


def test_libraries_and_what_they_speak_through_are_known() -> None:
    known = sessions()
    assert known.packages.keys() <= drivers().drivers.keys()
    for package in known.packages.values():
        assert set(package.dialects.values()) <= known.drivers.keys()
        assert package.asynchronous in ("", *known.drivers)


def test_bags_and_arguments_are_settings_of_the_catalog() -> None:
    catalog = drivers()
    names = {param.name for params in catalog.params.values() for param in params}
    for package in sessions().packages.values():
        assert package.bag in ("", *names)
    for driver in sessions().drivers.values():
        assert driver.named is None or driver.named.argument in names


def test_a_driver_that_names_statements_says_how_it_fails() -> None:
    for driver in sessions().drivers.values():
        assert bool(driver.named) == bool(driver.failure)


def test_calls_have_effects_and_receivers_of_the_catalog() -> None:
    effects = {effect.value for effect in Effect}
    for call in sessions().calls:
        assert call.effect in effects
        assert set(call.receivers) <= drivers().types.keys()
        assert bool(call.receivers) + bool(call.functions) + bool(call.chain) == 1
        assert len(call.when) in (0, 2)


def test_hooks_say_where_the_function_stands() -> None:
    for hook in sessions().hooks:
        assert bool(hook.calls) != bool(hook.arguments)
        assert not hook.arguments or hook.package in sessions().packages
        assert (hook.event >= 0) == bool(hook.events)
