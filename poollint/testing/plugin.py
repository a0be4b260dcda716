"""A pytest plugin: fixture files and folders of rules become test items.

    [tool.pytest.ini_options]
    poollint_fixtures = ["fixtures"]

makes an item of every case below `fixtures/`: poollint runs over it with all rules on, installed
rule packages included, and what it finds must be what the case's `want` comments say
(`poollint.testing.want`), no more and no less. What is a case is decided by
`poollint.testing.run.cases`: a file is one by itself; a folder that holds an empty file named
`.case` is one as a whole, a repository of its own. Below a folder named `quiet` findings of low
confidence are not held against the code.

Every pytest run of every user who has poollint installed imports this module: it imports
nothing but pytest until there is a case to collect.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest._code.code import ExceptionInfo, TerminalRepr


class Disagreement(Exception):  # noqa: N818 - what a fixture and poollint have, no error of code
    """A case and what poollint finds in it differ; one argument a complaint."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare where the fixtures of rules are."""
    parser.addini(
        "poollint_fixtures",
        "folders with fixtures of poollint rules, relative to the root folder",
        type="args",
        default=[],
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Make an item of each case: of a file, or of the folder whose `.case` this is."""
    names = parent.config.getini("poollint_fixtures")
    if not names:
        return None
    roots = [parent.config.rootpath / name for name in names]
    root = next((root for root in roots if root in file_path.parents), None)
    if root is None:
        return None
    from poollint.testing.run import case_of

    case = case_of(file_path, root)
    return None if case is None else CaseFile.from_parent(parent, path=file_path, case=case)


class CaseFile(pytest.File):
    """Holds the one item of a case."""

    def __init__(self, *, case: Path, **arguments: object) -> None:
        """Take the case: a file, or the folder of a `.case`."""
        super().__init__(**arguments)  # type: ignore[arg-type]
        self.case = case

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the item."""
        yield CaseItem.from_parent(self, name=self.case.name, case=self.case)


class CaseItem(pytest.Item):
    """Runs poollint over a case and compares."""

    def __init__(self, *, case: Path, **arguments: object) -> None:
        """Take the case."""
        super().__init__(**arguments)  # type: ignore[arg-type]
        self.case = case

    def runtest(self) -> None:
        """Fail with every complaint at once."""
        from poollint.testing.run import complaints

        found = complaints(self.case)
        if found:
            raise Disagreement(*found)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: object = None
    ) -> str | TerminalRepr:
        """Show the complaints without a traceback: it is the fixture or the rule that is off."""
        if isinstance(excinfo.value, Disagreement):
            return "\n".join(excinfo.value.args)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the case as pytest names it."""
        return self.case, None, f"poollint case {self.case.name}"
