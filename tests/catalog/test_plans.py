"""What plans of platforms take: numbers of documents that were read, and nothing by analogy."""

from __future__ import annotations

import pytest

from poollint.catalog import plans


@pytest.mark.parametrize(
    ("plan", "takes"),
    [
        ("heroku-postgresql:essential-0", 20),
        ("essential-2", 40),
        ("standard-0", 120),
        ("premium-0", 120),
        ("premium-2", 400),
    ],
)
def test_a_plan_of_heroku_takes_what_its_table_says(plan: str, takes: int) -> None:
    assert plans.heroku(plan) == takes


@pytest.mark.parametrize("plan", ["standard-9", "private-0", "shield-4", "hobby-basic", ""])
def test_a_plan_of_heroku_that_no_read_table_holds_is_unknown(plan: str) -> None:
    assert plans.heroku(plan) is None


@pytest.mark.parametrize(
    ("plan", "takes"),
    [
        ("basic-256mb", 100),
        ("basic-4gb", 100),
        ("pro-8gb", 200),
        ("pro-16gb", 400),
        ("accelerated-32gb", 500),
    ],
)
def test_a_plan_of_render_takes_what_its_memory_allows(plan: str, takes: int) -> None:
    assert plans.render(plan) == takes


@pytest.mark.parametrize("plan", ["free", "starter", "standard", "pro plus", "huge"])
def test_a_plan_of_render_whose_name_tells_no_memory_is_unknown(plan: str) -> None:
    assert plans.render(plan) is None


# What instances reported, as articles show it: the formula alone says more (112, 225, 3604).
@pytest.mark.parametrize(("memory", "reported"), [(1, 87), (2, 189), (32, 3360)])
def test_what_an_instance_reports_lies_in_the_interval(memory: int, reported: int) -> None:
    low, high = plans.rds_of(memory * plans.GIB)
    assert low <= reported <= high


@pytest.mark.parametrize(
    ("name", "memory"), [("db.t3.micro", 1), ("db.r4.xlarge", 30.5), ("db.m3.2xlarge", 30)]
)
def test_the_memory_of_a_class_is_that_of_its_machine(name: str, memory: float) -> None:
    assert plans.rds_memory(name) == memory


def test_a_class_that_no_list_holds_is_unknown() -> None:
    assert plans.rds_memory("db.z1d.large") is None
    assert plans.rds_memory("db.m5.huge") is None


@pytest.mark.parametrize(
    ("name", "cores"),
    [("db.t3.micro", 2), ("db.t2.small", 1), ("db.m5.large", 2), ("db.r6g.4xlarge", 16)],
)
def test_the_processors_of_a_class_are_those_of_its_machine(name: str, cores: int) -> None:
    assert plans.rds_cores(name) == cores


def test_processors_that_no_name_tells_are_unknown() -> None:
    assert plans.rds_cores("db.z1d.large") is None
    assert plans.rds_cores("db.serverless") is None
    assert plans.cloud_sql_cores("db-f1-micro") is None
    assert plans.cloud_sql_cores("db-custom-8-30720") == 8
    assert plans.azure_cores("MO_Standard_E4ds_v4") == 4
    assert plans.azure_cores("standard") is None
