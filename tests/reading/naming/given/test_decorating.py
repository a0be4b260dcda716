"""What decorators hand to the functions that they decorate."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.given.decorating import given, hands
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name

START = """
    from functools import update_wrapper, wraps
    from typing import cast
    from sqlalchemy.orm import sessionmaker
    Local = sessionmaker()
"""
SESSION = "sqlalchemy.session"
WRAPPER = """
    def with_session(f):
        @wraps(f)
        def wrapper(*args, **kwargs):
            with Local() as s:
                {call}
        return {returned}
"""


def names(text: str) -> Names:
    return Names(ast.parse(dedent(START) + dedent(text)), drivers())


def decorated(call: str, signature: str = "number, db", returned: str = "wrapper") -> Names:
    text = dedent(WRAPPER).format(call=call, returned=returned)
    return names(f"{text}\n@with_session\ndef work({signature}):\n    return db\n")


@pytest.mark.parametrize(
    ("call", "signature"),
    [
        ("return f(*args, db=s, **kwargs)", "number, db"),
        ("return f(*args, db=s, **kwargs)", "number, *, db"),
        ("return f(s, *args)", "db, number"),
        ("return f(args[0], s)", "number, db"),
        ("return f(*args, **{'db': s, **kwargs})", "number, db"),
        ("kwargs['db'] = s; return f(*args, **kwargs)", "number, db"),
        ("kwargs.update(db=s); return f(*args, **kwargs)", "number, db"),
        ("kwargs.update({'db': s}); return f(*args, **kwargs)", "number, db"),
        ("kwargs.setdefault('db', s); return f(*args, **kwargs)", "number, db"),
    ],
)
def test_a_wrapper_hands_in_what_it_calls_the_function_with(call: str, signature: str) -> None:
    found = decorated(call, signature)
    assert found.type(Name("db"), "work") == SESSION
    (one,) = [one for one in given(Member(found, "work")) if one.parameter == "db"]
    assert one.wrapper.name == "with_session.<locals>.wrapper"
    assert hands(Member(found, "with_session"))


@pytest.mark.parametrize("returned", ["wraps(f)(wrapper)", "update_wrapper(wrapper, f)"])
def test_the_wrapper_may_get_another_name_on_its_way(returned: str) -> None:
    found = decorated("return f(*args, db=s)", returned=returned)
    assert found.type(Name("db"), "work") == SESSION
    assert decorated("return f(db=s)", returned="cast(F, wrapper)").type(Name("db"), "work")


@pytest.mark.parametrize(
    ("call", "signature"),
    [
        ("return f(*args, s)", "number, db"),  # at which place is not told
        ("return f(*args, other=s)", "number, db"),
        ("return f(*args, **kwargs)", "number, db"),
        ("return g(db=s)", "number, db"),
        ("return f(*args, db=s)", "number, **db"),
    ],
)
def test_what_is_not_told_is_unknown(call: str, signature: str) -> None:
    assert decorated(call, signature).type(Name("db"), "work") == ""


def test_decorators_are_made_by_calls_and_are_methods() -> None:
    text = """
    class Database:
        def session(self, commit):
            def decorator(f):
                def wrapper(self, *args):
                    with Local() as s:
                        return f(self, s, *args)
                return wrapper
            return decorator

    database = Database()

    class Orders:
        @database.session(commit=True)
        def find(self, db):
            return db
    """
    found = names(text)
    assert found.type(Name("db"), "Orders.find") == SESSION
    assert found.type(Name("self"), "Orders.find") == ""
    assert hands(Member(found, "Database.session"))


def test_wrappers_that_hand_in_different_things_tell_nothing() -> None:
    text = """
    def either(f):
        def one(*args):
            return f(db=Local())
        def other(*args):
            return f(db=object())
        return one if f else other
        return one
        return other

    @either
    def work(db):
        return db
    """
    assert names(text).type(Name("db"), "work") == ""


def test_what_a_decorator_hands_in_tells_more_than_calls_that_leave_it_out() -> None:
    text = """
    def with_session(f):
        def wrapper(*args):
            with Local() as s:
                return f(s, *args)
        return wrapper

    @with_session
    def work(db, number):
        return db

    work(5)
    """
    assert names(text).type(Name("db"), "work") == SESSION
    assert not hands(Member(names("def plain(f):\n        return f\n"), "plain"))
