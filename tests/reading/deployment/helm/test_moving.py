"""Where a script is when it runs a command, as the `cd` before it tell."""

from __future__ import annotations

import pytest

from poollint.reading.deployment.helm.moving import Moves


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("HERE", ""),
        ("cd deploy/chart && HERE", "deploy/chart"),
        ("cd deploy\ncd chart\nHERE", "deploy/chart"),
        ("cd deploy\ncd ..\nHERE", "."),
        ("cd deploy; make; cd -; HERE", ""),
        ("pushd deploy >/dev/null\nmake\npopd\nHERE", ""),
        ("(cd deploy && make)\nHERE", ""),
        ("(cd deploy && HERE)", "deploy"),
        ("if make; then cd deploy; fi\nHERE", ""),
        ("up() {\n  cd deploy\n  HERE\n}\nup", "deploy"),
        ("up() {\n  cd deploy\n}\nHERE", ""),
        ('cd "$(dirname "$0")/../chart" && HERE', "../chart"),
        ('cd "${GITHUB_WORKSPACE}/chart" && HERE', "chart"),
        ("cd a; cd $(git rev-parse --show-toplevel)/chart && HERE", "chart"),
        (
            'DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"\ncd "$DIR/chart"\nHERE',
            "../chart",
        ),
        ("DIR=chart\ncd deploy/$DIR\nHERE", "deploy/chart"),
        ("DIR=a\nDIR=b\ncd $DIR\nHERE", None),
        ("cd $DIR\nHERE", None),
        ("cd /srv/shop\nHERE", None),
        ("cd\nHERE", None),
        ("cd $DIR; cd chart; HERE", None),
    ],
)
def test_the_last_move_that_counts_tells_the_folder(text: str, folder: str | None) -> None:
    text = text.replace("HERE", "helm list")
    assert Moves(text).at(text.index("helm list")) == folder


def test_each_line_of_a_recipe_begins_anew() -> None:
    text = "up:\n\t@cd deploy\n\thelm one\n\tcd chart && \\\n\t  helm two\n"
    moves = Moves(text, lines=True)
    assert [moves.at(text.index(name)) for name in ("helm one", "helm two")] == ["", "chart"]


@pytest.mark.parametrize(
    ("word", "path"),
    [
        (".", "deploy"),
        ("./values.yaml", "deploy/values.yaml"),
        ("../values.yaml", "values.yaml"),
        ("$HOME_/values.yaml", "../values.yaml"),
        ("${NAME}.yaml", "deploy/shop.yaml"),
        ("$(dirname $0)/x.yaml", "x.yaml"),
        ("$OTHER/values.yaml", "$OTHER/values.yaml"),
        ("/etc/values.yaml", "/etc/values.yaml"),
    ],
)
def test_paths_count_from_where_the_script_begins(word: str, path: str) -> None:
    text = 'HOME_=$(dirname "$0")/..\nexport NAME=shop\ncd deploy\nhelm'
    assert Moves(text).path(word, len(text)) == path


def test_a_script_may_begin_in_a_folder() -> None:
    moves = Moves("cd chart\n", "deploy")
    assert (moves.at(0), moves.at(9)) == ("deploy", "deploy/chart")
