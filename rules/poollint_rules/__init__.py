"""The built-in rules. `RULES` is the only list of them: by hand, alphabetical."""

from typing import Any

from poollint import Rule

RULES: tuple[Rule[Any], ...] = ()
