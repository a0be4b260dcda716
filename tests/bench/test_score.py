"""What counts as found, and as a false alarm."""

from __future__ import annotations

import math

from tests.bench.peers.cases import Case
from tests.bench.peers.score import percent, score, table
from tests.bench.peers.tools import Finding

LEAKY = Case("lab", "a.py", "leaky", 10, 19, "always")
SOUND = Case("lab", "a.py", "sound", 20, 29, "")


def found(*places: tuple[str, int]) -> list[Finding]:
    return [Finding(path, line, "leak") for path, line in places]


def test_any_line_of_the_function_will_do() -> None:
    for line in (10, 15, 19):
        assert score([LEAKY, SOUND], found(("a.py", line))).found == (LEAKY,)


def test_a_finding_in_a_sound_function_is_a_false_alarm() -> None:
    one = score([LEAKY, SOUND], found(("a.py", 20), ("a.py", 21)))
    assert (one.missed, one.alarmed) == ((LEAKY,), (SOUND,))


def test_findings_elsewhere_are_nothing() -> None:
    one = score([LEAKY, SOUND], found(("a.py", 9), ("a.py", 30), ("b.py", 15)))
    assert (one.missed, one.quiet) == ((LEAKY,), (SOUND,))
    assert one.recall == 0
    assert math.isnan(one.precision)


def test_recall_and_precision_are_shares_of_functions() -> None:
    other = Case("lab", "b.py", "other", 1, 5, "always")
    one = score([LEAKY, SOUND, other], found(("a.py", 12), ("a.py", 13), ("a.py", 25)))
    assert (one.recall, one.precision) == (0.5, 0.5)


def test_only_all_of_it_is_a_hundred_percent() -> None:
    assert [percent(share) for share in (1, 0.999, 0.996, 0.994, 0.005, 0.004, 0)] == [
        "100 %", "99 %", "99 %", "99 %", "1 %", "0 %", "0 %",
    ]  # fmt: skip
    assert percent(math.nan) == "-"


def test_table_is_markdown() -> None:
    assert table(["tool", "found"], [["a", "1"]]) == "| tool | found |\n| --- | ---: |\n| a | 1 |"
