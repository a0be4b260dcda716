"""Pools and engines that code builds: what they are told, and why some are built once."""

from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import KEYED, Pool
from poollint.model.figure import Basis
from poollint.model.source import SourceFile, Span
from poollint.reading.connections.pools.building import pools
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree, Unit, parse

LAZY = "lazily built attribute"

HEAD = """
import asyncio, functools, os
import asyncpg
from psycopg2.pool import ThreadedConnectionPool
from psycopg_pool import ConnectionPool, NullConnectionPool
from sqlalchemy import create_engine, engine_from_config
from sqlalchemy.engine import URL
from sqlalchemy.pool import AssertionPool, NullPool, QueuePool, SingletonThreadPool, StaticPool
"""


def _pools(text: str) -> list[Pool]:
    tree = parse(SourceFile("m.py", HEAD + dedent(text)))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    found: list[Pool] = []
    for prefix, group in tree.statements():
        unit = tree.unit(prefix, group)
        assert isinstance(unit, Unit)
        found += pools(unit, names)
    return found


def _sizes(call: str, before: str = "") -> dict[str, tuple[int, int | None, Basis] | None]:
    """Return the sizes of a pool by role; None for one whose number is unknown."""
    (pool,) = _pools(f"{before}\npool = {call}\n")
    sizes = {a.role: a.figure for a in pool.arguments}
    sizes |= {figure.name: figure for figure in pool.defaults}
    return {
        role: (figure.low, figure.high, figure.basis) if figure is not None else None
        for role, figure in sizes.items()
        if role in {"min_size", "max_size", "overflow"}
    }


def _stated(number: int) -> tuple[int, int, Basis]:
    return number, number, Basis.STATED


def _default(number: int) -> tuple[int, int, Basis]:
    return number, number, Basis.DEFAULTED


def test_arguments_are_told_by_keyword_and_by_position() -> None:
    assert _sizes("create_engine(U, pool_size=3, max_overflow=0)") == {
        "max_size": _stated(3),
        "overflow": _stated(0),
    }
    assert _sizes("ThreadedConnectionPool(1, 20, U)") == {
        "min_size": _stated(1),
        "max_size": _stated(20),
    }


def test_what_is_not_told_has_the_documented_default() -> None:
    assert _sizes("create_engine(U)") == {"max_size": _default(5), "overflow": _default(10)}
    assert _sizes("asyncpg.create_pool(U)") == {"min_size": _default(10), "max_size": _default(10)}
    # psycopg_pool: as many as min_size.
    assert _sizes("ConnectionPool(U, min_size=7)") == {
        "min_size": _stated(7),
        "max_size": _stated(7),
    }
    assert _sizes("ConnectionPool(U, min_size=7, max_size=None)")["max_size"] == _stated(7)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("SIZE", _stated(8)),
        ("int('9')", _stated(9)),
        ("2 * SIZE", (16, 16, Basis.DERIVED)),
        ("SIZE + 1", (9, 9, Basis.DERIVED)),
        ("10 if PRODUCTION else 2", (2, 10, Basis.STATED)),
        ("-1", _stated(-1)),
        ("computed()", None),
        ("TWICE", None),
        ("10 ** 30", None),
        ("'many'", None),
        ("True", None),
    ],
)
def test_numbers_are_read_as_far_as_the_file_tells(
    value: str, expected: tuple[int, int, Basis] | None
) -> None:
    before = "SIZE = 8\nTWICE = 1\nTWICE = 2"
    assert _sizes(f"create_engine(U, pool_size={value})", before)["max_size"] == expected


@pytest.mark.parametrize(
    ("value", "variable", "fallback"),
    [
        ("os.environ['POOL']", "POOL", None),
        ("int(os.environ.get('POOL', '5'))", "POOL", 5),
        ("int(os.getenv('POOL', 5))", "POOL", 5),
        ("int(os.getenv('POOL') or 5)", "POOL", 5),
        ("SIZE", "SIZE_VARIABLE", 4),
        ("settings.POOL_SIZE", "POOL_SIZE", None),
        ("settings.pool_size", "POOL_SIZE", None),
        ("env.int('POOL', default=6)", "POOL", 6),
    ],
)
def test_a_number_from_the_environment_keeps_its_variable(
    value: str, variable: str, fallback: int | None
) -> None:
    before = "import environ\nenv = environ.Env()\n"
    before += "SIZE = int(os.environ.get('SIZE_VARIABLE', '4'))\n"
    (pool,) = _pools(f"{before}pool = create_engine(U, pool_size={value})\n")
    argument = pool.argument("max_size")
    assert argument is not None
    assert argument.variable == variable
    assert (argument.figure.low if argument.figure else None) == fallback


@pytest.mark.parametrize(
    "call",
    [
        "create_engine(U, **options)",
        "create_engine(U, **get_options())",
        "create_engine(U, **{name: 3})",
        "engine_from_config(config, 'sqlalchemy.')",
    ],
)
def test_what_is_handed_on_whole_is_unknown_and_not_defaulted(call: str) -> None:
    assert _sizes(call) == {"max_size": None, "overflow": None}


def test_a_dictionary_of_the_file_is_looked_into() -> None:
    before = "OPTIONS = {'pool_size': 3}\nMORE = dict(max_overflow=1)"
    sizes = _sizes("create_engine(U, **OPTIONS, **MORE)", before)
    assert sizes == {"max_size": _stated(3), "overflow": _stated(1)}


def test_figures_and_arguments_know_where_they_stand() -> None:
    call = "pool = create_engine(U, pool_size=SIZE, max_overflow=2)"
    (pool,) = _pools(f"SIZE = 8\n{call}\n")
    size, overflow = pool.argument("max_size"), pool.argument("overflow")
    assert size is not None
    assert size.figure is not None
    assert overflow is not None
    assert overflow.figure is not None
    line = HEAD.count("\n") + 2
    assert size.span.start.line == line
    assert isinstance(size.figure.origin, Span)
    assert size.figure.origin == Span.at("m.py", line - 1, 8, 1)
    assert overflow.figure.origin == Span.at("m.py", line, call.index("2)") + 1, 1)
    assert overflow.figure.hint == "create_engine(max_overflow=2)"


def test_classes_that_keep_no_connection_are_no_pools() -> None:
    (pool,) = _pools("pool = create_engine(U, poolclass=NullPool)")
    assert not pool.pooled
    assert not any(figure.name == "max_size" for figure in pool.defaults)
    assert [p.pooled for p in _pools("pool = NullConnectionPool(U)")] == [False]
    assert [p.pooled for p in _pools("pool = create_engine(U, poolclass=QueuePool)")] == [True]


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("StaticPool", 1),
        ("AssertionPool", 1),
        ("StaticPool if TEST else AssertionPool", 1),
        ("SingletonThreadPool", None),
        ("chosen()", None),
        ("StaticPool if TEST else chosen()", None),
        ("StaticPool if TEST else None", 5),
        ("StaticPool if TEST else QueuePool", 5),
    ],
)
def test_a_class_with_one_connection_for_all_says_the_size(given: str, size: int | None) -> None:
    (pool,) = _pools(f"pool = create_engine(U, poolclass={given})")
    found = pool.figure("max_size")
    assert (found and found.high) == size


@pytest.mark.parametrize(
    "url",
    [
        "'sqlite:///x.db'",
        "'mysql+pymysql://u@h/d'",
        "f'sqlite:///{path}'",
        "url=SQLITE",
        "URL.create('mssql+pyodbc', host='h')",
        "URL.create(drivername='sqlite')",
    ],
)
def test_engines_of_other_databases_are_left_out(url: str) -> None:
    assert _pools(f"SQLITE = 'sqlite://'\npool = create_engine({url})\n") == []


def test_a_pool_knows_its_url_without_its_password() -> None:
    (pool,) = _pools("pool = create_engine('postgresql+psycopg://u:hidden@Db:6432/a?x=y')")
    assert pool.url is not None
    assert pool.url.value == "postgresql://db:6432/a"
    assert "hidden" not in repr(pool)


def test_an_eager_pool_may_be_told_to_wait() -> None:
    assert [p.eager for p in _pools("pool = ConnectionPool(U)")] == [True]
    assert [p.eager for p in _pools("pool = ConnectionPool(U, open=False)")] == [False]
    assert [p.eager for p in _pools("pool = create_engine(U)")] == [False]


ONCE = {
    "cached function": "@functools.lru_cache(maxsize=1)\ndef f():\n    return create_engine(U)",
    "cached property": (
        "class A:\n    @functools.cached_property\n    def e(self):\n"
        "        return create_engine(U)"
    ),
    "global": "def f():\n    global p\n    if p is None:\n        p = create_engine(U)",
    "global, early return": (
        "def f():\n    global p\n    if p:\n        return p\n    p = create_engine(U)"
    ),
    "global under a lock": (
        "async def f():\n    global p\n    async with lock:\n        if p is None:\n"
        "            p = await asyncpg.create_pool(U)\n    return p"
    ),
    "attribute of a class": (
        "class A:\n    @classmethod\n    def f(cls):\n        if cls.p is None:\n"
        "            cls.p = create_engine(U)"
    ),
    "attribute of an object": (
        "class A:\n    def f(self):\n        if not self.p:\n            self.p = create_engine(U)"
    ),
    "hasattr": (
        "def f(app):\n    if not hasattr(app.state, 'pool'):\n"
        "        app.state.pool = create_engine(U)"
    ),
    "mapping": "def f(k):\n    if k not in es:\n        es[k] = create_engine(U)\n    return es[k]",
    "mapping, through a name": (
        "def f(k):\n    e = es.get(k)\n    if e is None:\n        e = create_engine(U)\n"
        "        es[k] = e\n    return e"
    ),
    "mapping, KeyError": (
        "def f(k):\n    try:\n        return es[k]\n    except KeyError:\n"
        "        es[k] = create_engine(U)\n        return es[k]"
    ),
    "or": "def f():\n    global p\n    p = p or create_engine(U)\n    return p",
    "singleton": (
        "class A:\n    _instance = None\n    def __init__(self):\n        self.p = create_engine(U)"
    ),
    "factory": "def create_app():\n    app.engine = create_engine(U)",
    "class body": "class A:\n    engine = create_engine(U)",
}

AGAIN = {
    "handler": "def f():\n    e = create_engine(U)\n    return e.connect()",
    "local test": "def f(e=None):\n    if e is None:\n        e = create_engine(U)\n    return e",
    "flask.g": "def f():\n    if 'p' not in g:\n        g.p = create_engine(U)\n    return g.p",
    "request": (
        "def f(request):\n    if not hasattr(request.state, 'p'):\n"
        "        request.state.p = create_engine(U)"
    ),
    "attribute without a test": (
        "class A:\n    def __init__(self):\n        self.p = create_engine(U)"
    ),
    "another test": "def f(x):\n    global p\n    if x:\n        p = create_engine(U)",
    "module": "engine = create_engine(U)",
}


@pytest.mark.parametrize("text", ONCE.values(), ids=ONCE)
def test_what_is_built_once_says_why(text: str) -> None:
    (pool,) = _pools(f"p = None\nes = {{}}\n{text}")
    assert pool.once


@pytest.mark.parametrize("text", AGAIN.values(), ids=AGAIN)
def test_what_may_be_built_again_says_nothing(text: str) -> None:
    (pool,) = _pools(f"p = None\n{text}")
    assert pool.once == ""


@pytest.mark.parametrize(
    ("function", "why"),
    [
        ("def f(t):\n    if t not in p:\n        p[t] = create_engine(U)", KEYED),
        ("def f(t):\n    if t.name not in p:\n        p[t.name] = create_engine(U)", KEYED),
        ("def f():\n    if getpid() not in p:\n        p[getpid()] = create_engine(U)", LAZY),
        ("def f(t):\n    if 'a' not in p:\n        p['a'] = create_engine(U)", LAZY),
        ("def f(s):\n    if s.p is None:\n        setattr(s, 'p', create_engine(U))", LAZY),
        ("def f(s):\n    if s.p is None:\n        s.set_p(create_engine(U))", LAZY),
        ("def f(s):\n    if 'p' not in s.d:\n        s.d.update(p=create_engine(U))", LAZY),
        ("def f(ctx):\n    if ctx.bot.p is None:\n        ctx.bot.p = create_engine(U)", LAZY),
        ("def f(ctx):\n    if ctx.p is None:\n        ctx.p = create_engine(U)", ""),
        ("def f(s):\n    if s.p is None:\n        s.use(create_engine(U))", ""),
        ("@lru_cache\ndef f(tenant):\n    return create_engine(U + tenant)", KEYED),
        (
            "@lru_cache(maxsize=1)\ndef f(tenant):\n    return create_engine(U + tenant)",
            "lru_cache",
        ),
        ("@lru_cache\ndef f(db_url):\n    return create_engine(db_url)", "lru_cache"),
        ("@lru_cache\ndef f(tenant='a'):\n    return create_engine(U + tenant)", "lru_cache"),
    ],
)
def test_a_pool_for_each_key_that_is_given_is_told_apart(function: str, why: str) -> None:
    (pool,) = _pools(f"p = {{}}\n{function}")
    assert pool.once == why


def test_a_pool_of_the_application_found_through_the_request_is_kept() -> None:
    text = (
        "def f(request):\n    if request.app.p is None:\n        request.app.p = create_engine(U)"
    )
    (pool,) = _pools(text)
    assert pool.once == LAZY


def _boundless(call: str, role: str) -> bool:
    (pool,) = _pools(f"pool = {call}\n")
    return pool.boundless(role)


def test_what_stands_for_no_bound_is_told_apart_from_a_number() -> None:
    assert _boundless("create_engine(U, max_overflow=-1)", "overflow")
    assert _boundless("create_engine(U, pool_size=0)", "max_size")
    assert _boundless("create_engine(U, pool_timeout=None)", "acquire_timeout")
    assert not _boundless("create_engine(U, max_overflow=0)", "overflow")
    assert not _boundless("create_engine(U, pool_timeout=0)", "acquire_timeout")
    assert not _boundless("create_engine(U, max_overflow=computed())", "overflow")


def test_what_nothing_bounds_by_default_has_no_upper_end() -> None:
    assert _boundless("create_engine(U)", "max_lifetime")
    assert _boundless("asyncpg.create_pool(U)", "acquire_timeout")
    assert not _boundless("ConnectionPool(U)", "max_lifetime")
    assert not _boundless("create_engine(U)", "acquire_timeout")
    # What a settings dictionary may hold is not known.
    assert not _boundless("asyncpg.create_pool(U, **given)", "acquire_timeout")


def test_a_switch_says_whether_it_is_on() -> None:
    def ping(call: str) -> bool | None:
        argument = _pools(f"pool = {call}\n")[0].argument("health_check")
        assert argument is not None
        return argument.truth

    assert ping("create_engine(U, pool_pre_ping=True)") is True
    assert ping("create_engine(U, pool_pre_ping=False)") is False
    assert ping("create_engine(U, pool_pre_ping=PING)") is None
    assert ping("ConnectionPool(U, check=None)") is False


def _built_in_function(body: str) -> Pool:
    (pool,) = _pools(
        f"def engine_of(url, small=True):\n{dedent(body).replace(chr(10), chr(10) + '    ')}"
    )
    return pool


@pytest.mark.parametrize(
    ("setting", "pooled"),
    [
        ("given['poolclass'] = NullPool", False),
        ("if small: given['poolclass'] = NullPool", False),
        ("given.update(poolclass=NullPool)", False),
        ("given.update({'poolclass': NullPool})", False),
        ("given.setdefault('poolclass', NullPool)", False),
        ("given['poolclass'] = NullPool if small else QueuePool", False),
        ("chosen = NullPool if small else None; given['poolclass'] = chosen", False),
        ("given['poolclass'] = QueuePool", True),
        ("other = {}; other['poolclass'] = NullPool", True),
        ("given['echo'] = small", True),
    ],
)
def test_a_pool_that_may_keep_nothing_is_none(setting: str, pooled: bool) -> None:
    made = "return create_engine(url, **given)"
    assert _built_in_function(f"    given = {{}}\n{setting}\n{made}").pooled is pooled


def test_what_is_set_in_the_settings_later_counts() -> None:
    later = "    given = {}\ngiven['pool_size'] = 30\nreturn create_engine(url, **given)"
    told = _built_in_function(later).argument("max_size")
    assert told is not None
    assert told.figure is not None
    assert (told.figure.low, told.figure.high) == (30, 30)


@pytest.mark.parametrize(
    ("given", "call", "size"),
    [
        ("return {'pool_size': 7}", "settings()", 7),
        ("return dict(pool_size=MOST)", "settings()", 9),
        ("most = 8; found = {'pool_size': most}; return found", "settings()", 8),
        ("found = {}; found['pool_size'] = 6; return found", "settings()", 6),
        ("return {'pool_size': 7}", "settings(1)", None),  # what it is told may decide
        ("if x: return {}\n    return {'pool_size': 7}", "settings()", None),
        ("return read()", "settings()", None),
    ],
)
def test_settings_may_be_what_a_function_of_the_file_gives_back(
    given: str, call: str, size: int | None
) -> None:
    text = f"MOST = 9\ndef settings(x=1):\n    {given}\nengine = create_engine(U, **{call})\n"
    (pool,) = _pools(text)
    told = pool.argument("max_size")
    assert told is not None
    assert (told.figure.low if told.figure else None) == size


def test_settings_that_are_not_known_may_hold_anything() -> None:
    later = "    given = {}\ngiven.update(read())\nreturn create_engine(url, **given)"
    told = _built_in_function(later).argument("max_size")
    assert told is not None
    assert told.figure is None


def test_options_of_a_url_that_is_a_text_are_told() -> None:
    (written,) = _pools('engine = create_engine("postgresql://h/d?pool_size=5&sslmode=require")')
    assert written.asks == ("pool_size", "sslmode")
    (known,) = _pools('URL_ = "postgresql://h/d?max_size=5"\nengine = create_engine(URL_)')
    assert known.asks == ("max_size",)
    (unknown,) = _pools('engine = create_engine(os.environ["X"] + "?pool_size=5")')
    assert unknown.asks == ()
