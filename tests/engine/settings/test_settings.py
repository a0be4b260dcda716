"""Settings: which file counts, what it may say, and where each error points."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.settings import settings
from poollint.model.finding import Severity
from poollint.model.usage import UsageError

WHOLE = """\
[tool.poollint]
select = ["default", "pool"]
ignore = ["cursor-leak"]
exclude = ["migrations/**"]
fail-on = "error"
pool-mode = "transaction"
require-reason = true

[tool.poollint.per-file-ignores]
"tests/**" = ["leak"]

[tool.poollint.severity]
pool-without-timeout = "note"

[tool.poollint.assume]
"cron.workers" = 2
"web.replicas" = { max = 40 }
"job.replicas" = { min = 1, max = 4 }

[tool.poollint.handlers]
decorators = ["acme.web.endpoint"]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(text: str) -> UsageError:
    Path("poollint.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        settings.load(Path("poollint.toml"))
    return caught.value


def test_every_key_is_read() -> None:
    Path("pyproject.toml").write_text(WHOLE)
    found = settings.load(Path("pyproject.toml"))
    assert [named.text for named in found.select] == ["default", "pool"]
    assert [named.text for named in found.ignore] == ["cursor-leak"]
    assert found.exclude == ("migrations/**",)
    assert found.fail_on is Severity.ERROR
    assert found.require_reason
    assert [(pattern, [n.text for n in names]) for pattern, names in found.per_file] == [
        ("tests/**", ["leak"])
    ]
    assert [(n.text, value) for n, value in found.severity] == [
        ("pool-without-timeout", Severity.NOTE)
    ]
    assert found.options.pool_mode == "transaction"
    assert found.options.assume == (
        ("cron.workers", 2, 2),
        ("web.replicas", 0, 40),
        ("job.replicas", 1, 4),
    )
    assert found.options.additions.handlers == (("request", ("acme.web.endpoint",)),)


def test_own_file_has_the_same_keys_without_prefix() -> None:
    own = WHOLE.replace("[tool.poollint]\n", "").replace("tool.poollint.", "")
    Path("poollint.toml").write_text(own)
    Path("pyproject.toml").write_text(WHOLE)
    one, other = (settings.load(Path(name)) for name in ("poollint.toml", "pyproject.toml"))
    assert (one.exclude, one.options, one.fail_on) == (other.exclude, other.options, other.fail_on)


def test_never_fails_on_nothing() -> None:
    Path("poollint.toml").write_text('fail-on = "never"\n')
    assert settings.load(Path("poollint.toml")).fail_on is None


@pytest.mark.parametrize(
    ("text", "message", "hint", "place"),
    [
        ('selct = ["x"]', "unknown setting `selct`", "there is a setting `select`", (1, 1, 6)),
        ('select = "x"', "`select` takes a list", "this is a string", (1, 10, 13)),
        ("select = [1]", "`select` takes a string", "this is the number 1", (1, 11, 12)),
        ('fail-on = "warn"', "`fail-on` cannot be `warn`", "", (1, 12, 16)),
        ('pool-mode = "both"', "`pool-mode` cannot be `both`", "", (1, 14, 18)),
        ("require-reason = 1", "`require-reason` takes true or false", "", (1, 18, 19)),
        ('[severity]\nx = "fatal"', "`x` cannot be `fatal`", "", (2, 6, 11)),
        ("severity = 1", "`severity` takes a table", "this is the number 1", (1, 12, 13)),
        ('[assume]\n"a.b" = -1', "`a.b` takes a whole number from 0", "", (2, 9, 11)),
        ('[assume]\n"a.b" = true', "`a.b` takes a whole number from 0", "", (2, 9, 13)),
        ('[assume]\n"a.b" = {min = 3}', "`a.b` has no `max`", "write `{ max = 40 }`", (2, 9, 18)),
        ('[assume]\n"a" = {min=3, max=2}', "`min` of `a` is above its `max`", "", (2, 7, 21)),
        ("[assume]\na.b = 2", "unknown setting `b`", "known here: min, max", (2, 3, 4)),
        ("[handlers]\ndecorator = []", "unknown setting `decorator`", "", (2, 1, 10)),
        ('exclude = ["!keep"]', "`!keep` would take back an exclusion", "", (1, 13, 18)),
        ('exclude = ["/"]', "an empty pattern covers nothing", "", (1, 13, 14)),
    ],
)
def test_error_points_at_its_place(
    text: str, message: str, hint: str, place: tuple[int, int, int]
) -> None:
    error = refused(text)
    assert error.message == message
    assert not hint or error.hint == hint
    assert error.span is not None
    assert error.span.path == "poollint.toml"
    assert (error.span.start.line, error.span.start.column, error.span.end.column) == place
    assert error.line == text.split("\n")[place[0] - 1]


def test_broken_file_is_refused_with_its_place() -> None:
    error = refused("select = [\nx")
    assert error.message.startswith("cannot read the settings: not valid TOML")
    assert error.span is not None
    assert error.span.start.line == 2


def test_file_that_is_not_utf8_is_refused() -> None:
    Path("poollint.toml").write_bytes(b'select = ["\xff"]')
    with pytest.raises(UsageError, match="cannot read the settings"):
        settings.load(Path("poollint.toml"))


class TestFind:
    """The nearest file wins, up to the top."""

    def test_nearest_wins_and_nothing_is_merged(self, tmp_path: Path) -> None:
        (tmp_path / "poollint.toml").write_text('exclude = ["a"]\nfail-on = "note"\n')
        inner = tmp_path / "app"
        inner.mkdir()
        (inner / "poollint.toml").write_text('exclude = ["b"]\n')
        found = settings.find(inner, tmp_path)
        assert (found.exclude, found.fail_on) == (("b",), Severity.WARNING)
        assert (found.path, found.folder) == ("app/poollint.toml", str(inner))

    def test_own_file_wins_over_pyproject(self, tmp_path: Path) -> None:
        (tmp_path / "poollint.toml").write_text('exclude = ["own"]\n')
        (tmp_path / "pyproject.toml").write_text('[tool.poollint]\nexclude = ["project"]\n')
        assert settings.find(tmp_path, tmp_path).exclude == ("own",)

    def test_pyproject_without_our_table_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "poollint.toml").write_text('exclude = ["up"]\n')
        inner = tmp_path / "app"
        inner.mkdir()
        (inner / "pyproject.toml").write_text('[project]\ndependencies = ["poollint"]\n')
        assert settings.find(inner, tmp_path).exclude == ("up",)

    def test_broken_pyproject_of_others_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.other\n")
        assert settings.find(tmp_path, tmp_path) == settings.Settings()

    def test_nothing_above_the_top_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "poollint.toml").write_text('exclude = ["up"]\n')
        inner = tmp_path / "app"
        inner.mkdir()
        assert settings.find(inner, inner) == settings.Settings()
