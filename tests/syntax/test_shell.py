from __future__ import annotations

import pytest

from poollint.syntax import shell


def texts(line: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in shell.commands(line)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("gunicorn -w 4 'a b' \"c d\" e\\ f", [["gunicorn", "-w", "4", "a b", "c d", "e f"]]),
        ("a && b || c; d | e", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("a \\\n  b\nc", [["a", "b"], ["c"]]),
        ("a # comment\nb#c", [["a"], ["b#c"]]),
        ("a > out 2>&1 < in b", [["a", "b"]]),
        ("if true; then a; fi", [["true"], ["a"]]),
        ("w $(( 2 * $(nproc) + 1 )) `nproc` ${A:-x y}", [
            ["w", "$(( 2 * $(nproc) + 1 ))", "`nproc`", "${A:-x y}"]
        ]),
        ('"$A" "a\\"b"', [["$A", 'a"b']]),
        ("(a; b)", [["a"], ["b"]]),
        ("'unclosed", [["unclosed"]]),
        ("", []),
    ],
)  # fmt: skip
def test_lines_split_as_a_shell_splits_them(line: str, found: list[list[str]]) -> None:
    assert texts(line) == found


def test_assignments_before_a_command_are_told_from_its_words() -> None:
    (command,) = shell.commands("A=1 B='x y' cmd C=3")
    assert [(name, word.text) for name, word in command.assignments] == [("A", "1"), ("B", "x y")]
    assert [word.text for word in command.words] == ["cmd", "C=3"]


@pytest.mark.parametrize(
    ("line", "sure"),
    [
        ("a && b; c", "a b c"),
        ("if a; then b; else c; fi; d", "d"),
        ("case $1 in x|y) a;; (z) b ;; esac; c", "c"),
        ("case $1 in\n  x) a\n  ;;\nesac\nc", "c"),
        ("f() { a; }; b", "b"),
        ("[ -n a ] && b; c", "[ c"),
        ("a || b | c\nd", "a d"),
    ],
)
def test_what_may_or_may_not_run_is_marked(line: str, sure: str) -> None:
    found = [c.words[0].text for c in shell.commands(line) if not c.branch]
    assert found == sure.split()


def test_branches_of_one_place_are_told_apart() -> None:
    one, two, three = (c.branch for c in shell.commands("if a; then b; else c; fi"))
    assert one == two != three
    assert one[0][0] == three[0][0]


def test_what_runs_behind_is_marked() -> None:
    assert [c.behind for c in shell.commands("a & b && c & wait")] == [True, False, True, False]


def test_words_know_their_place_and_whether_they_expand() -> None:
    line = "a '$X' \"$X\" $X"
    (command,) = shell.commands(line)
    assert [line[w.start : w.end] for w in command.words] == ["a", "'$X'", '"$X"', "$X"]
    assert [w.expands for w in command.words] == [True, False, True, True]


def test_words_of_a_command_without_a_shell_keep_operators() -> None:
    found = [word.text for word in shell.words("postgres -c 'a = b' && x # y\n-c c=1")]
    assert found == ["postgres", "-c", "a = b", "&&", "x", "#", "y", "-c", "c=1"]


def test_hostile_lines_end() -> None:
    for text in ("${" * 2000, "$(" * 2000, '"' * 2001, "`" * 2001, "\\" * 2001, "$((" * 900):
        assert len(shell.commands(text)) <= 2001


def test_without_a_shell_a_backslash_in_double_quotes_only_escapes() -> None:
    folded = 'sh -c "gunicorn shop:app \\ -w 4 \\ -k gevent"'  # what a folded YAML text becomes
    assert [w.text for w in shell.words(folded)][-1] == "gunicorn shop:app  -w 4  -k gevent"
    assert [w.text for w in shell.words(r'"a \d \"q\" \\ b\nc"')] == ['a d "q" \\ b\nc']
