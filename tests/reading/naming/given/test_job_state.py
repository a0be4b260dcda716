"""What the start of a worker keeps for its jobs, by the names of the place."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.given.job_state import place, places_in
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast, of_cst

POOL = "asyncpg.pool"
START = "import asyncpg\nasync def start(ctx):\n    ctx['pool'] = await asyncpg.create_pool()\n"


def shape(text: str) -> Shape:
    return of_ast(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ctx['pool']", "job.pool"),
        ("ctx.get('pool')", "job.pool"),
        ("ctx.get('pool', None)", "job.pool"),
        ("job_ctx['pool']", "job.pool"),
        ("ctx[pool]", ""),
        ("ctx.get(pool)", ""),
        ("ctx.pool", ""),
        ("ctx.put('pool')", ""),
        ("self.ctx['pool']", ""),
        ("context['pool']", ""),
        ("found.get('pool')", ""),
    ],
)
def test_a_place_is_a_key_of_what_a_job_is_handed(text: str, found: str) -> None:
    libcst = pytest.importorskip("libcst")
    assert place(shape(text)) == place(of_cst(libcst.parse_expression(text))) == found


def test_bytes_tell_what_a_file_reads_and_sets() -> None:
    text = (
        b"ctx['pool'] = make()\nctx[ \"db.main\" ]: Pool = make()\nx = ctx.get('redis')\n"
        b"my_ctx['own'] = 1\nif ctx['other'] == 1: pass\nctxs['no'] = 1\nectx['no'] = 1\n"
    )
    sets = {"job.pool", "job.db.main", "job.own"}
    assert set(places_in(text).sets) == sets
    assert set(places_in(text).reads) == sets | {"job.redis", "job.other"}
    assert places_in(b"pool = make()") == ((), ())


def type_of(text: str, job: str, scope: str = "job") -> str:
    return Names(ast.parse(START + dedent(job)), drivers()).type(shape(text), scope)


@pytest.mark.parametrize(
    ("job", "found"),
    [
        ("async def job(ctx, order): pass", POOL),
        ("async def job(ctx: dict[str, object]): pass", POOL),
        ("async def job(order, ctx): pass", ""),
        ("async def job(ctx):\n    ctx = {}", ""),
        ("ctx = {}\nasync def job(): pass", ""),
        ("async def job(ctx):\n    ctx['pool'] = Other()", ""),
    ],
)
def test_only_what_a_function_is_handed_first_is_what_the_start_filled(
    job: str, found: str
) -> None:
    assert type_of("ctx['pool']", job) == found
    assert type_of("ctx.get('pool')", job) == found


def test_a_method_is_handed_it_after_its_object() -> None:
    job = "class Jobs:\n    async def job(self, ctx): pass\n"
    assert type_of("ctx['pool']", job, "Jobs.job") == POOL


def seen_from(path: str, **files: str) -> str:
    texts = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}

    def load(path: str) -> SourceFile | None:
        return SourceFile(path, texts[path]) if path in texts else None

    names = Exports(PythonFiles(texts, load), drivers()).names(path)
    assert names is not None
    return names.type(shape("ctx['pool']"), "job")


JOB = "async def job(ctx): pass\n"


def test_a_job_in_another_file_is_handed_what_the_start_kept() -> None:
    assert seen_from("jobs.py", worker=START, jobs=JOB) == POOL
    assert seen_from("jobs.py", worker=START.replace("'pool'", "'db'"), jobs=JOB) == ""


def test_of_several_workers_the_one_in_the_nearest_folder_above_tells() -> None:
    other = "def start(ctx):\n    ctx['pool'] = Swimming()\n"
    both = {"a__worker": START, "b__worker": other, "a__jobs": JOB, "b__jobs": JOB, "jobs": JOB}
    assert seen_from("a/jobs.py", **both) == POOL
    assert seen_from("b/jobs.py", **both) == ""
    assert seen_from("jobs.py", **both) == ""
