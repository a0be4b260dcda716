"""The engine's own rules, about the run itself. The page of each is the docstring of its check."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from poollint.engine.suppression import Ignore, Unused
from poollint.model.finding import Category, Problem, Severity
from poollint.model.fix import Edit, Fix, Safety
from poollint.model.rule import Rule
from poollint.model.source import Unreadable

LONGEST = 80  # characters of a headline


def blanket_ignore(ignore: Ignore) -> Iterator[Problem]:
    """A comment ignores findings without saying which, or without saying why.

    ## Why

    A bare `ignore` would also hide what nobody has seen yet: the next finding on this line may
    be another one. It is therefore not obeyed. With `require-reason = true` in the settings an
    ignore without a reason is reported as well; that one is obeyed.

    ## Example

    ```text avoid
    conn = pool.getconn()  # poollint: ignore
    ```

    ```text prefer
    conn = pool.getconn()  # poollint: ignore[connection-leak] closed by the middleware
    ```

    ## Limits

    None known.
    """
    if not ignore.names:
        yield Problem(
            "this `ignore` names no rule, so it ignores nothing",
            at=ignore.span,
            label="names no rule",
            help="name the rule in brackets: `poollint: ignore[connection-leak] reason`",
        )
    elif ignore.unexplained:
        yield Problem(
            "this `ignore` gives no reason, and the settings require one",
            at=ignore.span,
            label="no reason after the brackets",
            help="write the reason after the closing bracket",
        )


def unknown_rule(ignore: Ignore) -> Iterator[Problem]:
    """A comment ignores a rule that does not exist.

    ## Why

    A misspelt name suppresses nothing, and the reader of the code believes it does. A name that
    a later version of poollint dropped is the same.

    ## Example

    ```text avoid
    conn = pool.getconn()  # poollint: ignore[conection-leak] closed by the middleware
    ```

    ```text prefer
    conn = pool.getconn()  # poollint: ignore[connection-leak] closed by the middleware
    ```

    ## Limits

    The rules of a package that is not installed where poollint runs are unknown too.
    """
    for name in ignore.names:
        if not name.rule:
            yield Problem(
                _headline(f"no rule is called `{name.text}`"),
                at=name.span,
                label=name.hint,
                help="write the name of a rule: `poollint rules` lists them",
            )


def unused_ignore(found: Unused) -> Iterator[Problem]:
    """A comment ignores a finding that is not there.

    ## Why

    What it hid was repaired, moved, or is no finding any more. Left in place, the comment hides
    the next one that somebody puts on this line.

    ## Limits

    Only rules that ran are judged: `poollint check` says nothing of an ignored budget. Nothing
    is said with `--no-ignores`, nor in a file that could not be read.
    """
    ignore = found.ignore
    names = ", ".join(name.text for name in found.names)
    whole = len(found.names) == len(ignore.names)
    message = f"ignoring `{names}` here suppresses nothing"
    help_ = "remove the comment" if whole else f"remove `{names}` from it"
    if ignore.misplaced:
        message = "`ignore-file` below the head of the file ignores nothing"
        help_ = "move it above the first statement"
    yield Problem(
        _headline(message),
        at=ignore.span if whole else found.names[0].span,
        label="suppresses nothing",
        help=help_,
        fix=_removal(ignore) if whole and not ignore.misplaced else None,
    )


def unreadable_file(unreadable: Unreadable) -> Iterator[Problem]:
    """A file, or a part of it, could not be read, so nothing in it was checked.

    ## Why

    Silence about a file that was not looked at reads like approval. PostgreSQL, PgBouncer or
    Python may refuse the file as well.

    ## Limits

    Templates, and files above the size limit, are not broken: they are listed as not read, and
    are no finding. A Python file that uses no database is not read at all.
    """
    yield Problem(
        _headline(f"could not be read: {unreadable.reason}"),
        at=unreadable.span,
        label="nothing was checked here",
        help="repair the file, or name it in `exclude`",
    )


def _headline(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _removal(ignore: Ignore) -> Fix:
    return Fix("remove the comment", (Edit(ignore.span, ""),), Safety.SAFE)


def _own(check: Callable[..., Iterator[Problem]], subject: type[Any]) -> Rule[Any]:
    return Rule(
        name=check.__name__.replace("_", "-"),
        category=Category.POOLLINT,
        severity=Severity.WARNING,
        since="0.1.0",
        subject=subject,
        check=check,
        docs=inspect.getdoc(check) or "",
        module=__name__,
    )


BLANKET_IGNORE = _own(blanket_ignore, Ignore)
UNKNOWN_RULE = _own(unknown_rule, Ignore)
UNUSED_IGNORE = _own(unused_ignore, Unused)
UNREADABLE_FILE = _own(unreadable_file, Unreadable)

OWN_RULES = (BLANKET_IGNORE, UNKNOWN_RULE, UNREADABLE_FILE, UNUSED_IGNORE)
