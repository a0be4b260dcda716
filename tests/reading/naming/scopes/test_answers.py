"""Questions are answered once, and what leads back to itself does not spoil other answers."""

from collections.abc import Callable

from poollint.reading.naming.scopes.answers import Answers


def test_a_question_is_worked_out_once() -> None:
    for ask in ("once", "same"):
        answers: Answers[str] = Answers("")
        asked: list[str] = []

        def find(asked: list[str] = asked) -> str:
            asked.append("")
            return "pool"

        once: Callable[[str, Callable[[], str]], str] = getattr(answers, ask)
        assert [once("db", find), once("db", find)] == ["pool", "pool"]
        assert len(asked) == 1


def test_what_leads_back_to_itself_is_unknown_there() -> None:
    answers: Answers[str] = Answers("?")
    found = answers.once("a", lambda: "of " + answers.once("b", lambda: answers.once("a", str)))
    assert found == "of ?"


def test_what_came_of_a_question_cut_short_is_not_kept() -> None:
    types: Answers[str] = Answers("?")
    others: Answers[str] = Answers("")

    def name() -> str:
        return types.once("a", lambda: others.same("b", name))

    def other() -> str:
        return others.same("b", lambda: types.once("a", lambda: "connection"))

    assert name() == "?"  # asked for itself
    assert others.same("b", lambda: "asked anew") == "asked anew"
    assert other() == "asked anew"
