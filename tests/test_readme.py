"""What the README says is so: its commands run, its outputs are the real ones, its code works.

Fences: `console` holds commands (`$ …`), run in the demo repository, and what they print, a line
`…` standing for any number of lines; `sh demo` and `sh tests` are the commands for a fresh
machine, which CI runs as they are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

from poollint import Rule
from poollint.engine.outcome import FAIL_ON
from poollint.engine.registry import load
from poollint.model.finding import Category
from poollint.report.formats import FORMATS

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "fixtures" / "demo"
TEXT = (ROOT / "README.md").read_text()
FENCES = re.findall(r"^```([^\n]*)\n(.*?)^```$", TEXT, re.M | re.S)
FRESH = "POOLLINT_FRESH"  # set where a virtual environment may be made and filled
SECONDS = re.compile(r"\bin \d+\.\d s\b")


def fences(info: str) -> list[str]:
    return [text for found, text in FENCES if found == info]


def shows() -> list[tuple[str, str]]:
    """Return each command of the README with the output it shows."""
    found = []
    for text in fences("console"):
        for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.parametrize(("command", "output"), shows(), ids=lambda value: value.split("\n")[0])
def test_shown_output_is_what_the_command_prints(command: str, output: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        command, shell=True, cwd=DEMO, env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    parts = re.split(r"^…\n", SECONDS.sub("in 0.0 s", output), flags=re.M)
    pattern = r"(?:.*\n)*?".join(re.escape(part) for part in parts)
    printed = SECONDS.sub("in 0.0 s", ran.stdout)
    assert re.fullmatch(pattern, printed), printed


def test_readme_shows_a_leak_and_a_budget_on_its_first_screen() -> None:
    first, second = shows()[:2]
    assert "error[connection-leak]" in first[1]
    assert "error[connection-budget-exceeded]" in second[1]
    # tables are made, and grow with the rules and with what is measured
    made = re.findall(r"<!-- (rules|peers|speed) -->(.*?)<!-- /\1 -->\n", TEXT, re.S)
    assert [name for name, _ in made] == ["rules", "peers", "speed"]
    assert len(TEXT.splitlines()) - sum(table.count("\n") + 1 for _, table in made) < 200


def test_readme_lists_the_rules_there_are() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "poollint", "rules", "--markdown"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    shown = re.search(r"<!-- rules -->\n(.*)<!-- /rules -->", TEXT, re.S)
    assert shown
    assert shown[1] == listed


def test_readme_names_only_rules_and_formats_there_are() -> None:
    names = {rule.name for rule in load().rules} | {category.value for category in Category}
    ignored = re.findall(r"ignore\[([\w-]+)\]|# want ([\w-]+)", TEXT)
    assert {left or right for left, right in ignored} <= names
    formats = re.search(r"`--format` and .*? know (.*?)\.", TEXT, re.S)
    assert formats
    assert set(re.findall(r"`(\w+)`", formats[1])) == set(FORMATS)


def test_settings_of_the_readme_are_accepted(tmp_path: Path) -> None:
    (settings,) = fences("toml")
    (tmp_path / "poollint.toml").write_text(settings)
    ran = subprocess.run(
        [sys.executable, "-m", "poollint", "."], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    (level,) = re.findall(r'^fail-on = "(\w+)"', settings, re.M)
    assert level in FAIL_ON


def test_rule_of_the_readme_finds_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = [text for text in fences("python") if "@rule" in text]
    module = types.ModuleType("roomy_pool")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source, "README.md", "exec"), module.__dict__)
    rule = module.__dict__["roomy_pool"]
    assert isinstance(rule, Rule)
    code = "from psycopg_pool import ConnectionPool\n\npool = ConnectionPool(max_size={})\n"
    assert _messages(rule, code.format(80), tmp_path) == ["this pool has room for 80"]
    assert _messages(rule, code.format(20), tmp_path) == []


def _messages(rule: Rule[object], code: str, folder: Path) -> list[str]:
    from poollint.engine import registry, session
    from poollint.engine.request import Request

    (folder / "db.py").write_text(code)
    request = Request(
        paths=(str(folder),), select=(rule.name,), isolated=True, root=str(folder),
        registry=registry.Registry((registry.Registered(rule, "acme 1"),)),
    )  # fmt: skip
    return [finding.problem.message for finding in session.run(request).report.active]


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_fresh_machine_command_is_one_line(name: str) -> None:
    (command,) = fences(f"sh {name}")
    assert command.count("\n") == 1


@pytest.mark.skipif(FRESH not in os.environ, reason=f"{FRESH} is not set: nothing is installed")
@pytest.mark.parametrize(("name", "code"), [("demo", 1), ("tests", 0)])
def test_fresh_machine_command_works_in_a_clean_clone(name: str, code: int, tmp_path: Path) -> None:
    git = shutil.which("git")
    assert git
    subprocess.run([git, "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)
    environment = {k: v for k, v in os.environ.items() if k not in (FRESH, "VIRTUAL_ENV")}
    (command,) = fences(f"sh {name}")
    ran = subprocess.run(command, shell=True, cwd=tmp_path / "clone", env=environment)
    assert ran.returncode == code
