"""Files of Pgpool-II and Odyssey that include others, as the programs read them.

Asked of Pgpool-II 4.3.5 and Odyssey 1.5.2.
"""

import pytest

from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw
from poollint.facts.project import Project
from poollint.model.source import SourceFile
from poollint.reading.linking import link
from poollint.reading.project import reader_of
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import including

PGPOOL = {
    "pool/pgpool.conf": "num_init_children = 10\nmax_pool = 3\ninclude = 'sub/more.conf'\n"
    "child_life_time = 60\n",
    "pool/sub/more.conf": "num_init_children = 20\nchild_life_time = 1min\n"
    "include 'backends.conf'\n",
    "pool/sub/backends.conf": "backend_hostname0 = 'db.internal'\nbackend_port0 = 5432\n",
}
STORAGE = 'storage "main" { type "remote" host "db.internal" port 5432 }\n'
RULES = (
    'database "shop" { user "shop" { authentication "none" storage "main" pool "session"'
    " pool_size 7 } }\n"
)
ODYSSEY = {
    "odyssey/odyssey.conf": 'workers 1\ninclude "parts/storage.conf"\ninclude "rules.conf"\n',
    "odyssey/parts/storage.conf": f"workers 2\n{STORAGE}",
    "odyssey/rules.conf": RULES,
}


def _readings(files: dict[str, str]) -> tuple[FileReading, ...]:
    found = []
    for path, text in files.items():
        path = path.replace("pool/", "pgpool/", 1)
        reader = reader_of(path)
        if reader and reader.screen(text.encode(), Options()):
            found.append(reader.read(SourceFile(path, text), Options()))
    return tuple(found)


def _linked(files: dict[str, str]) -> Project:
    return link(_readings(files), Options())


def _one(files: dict[str, str]) -> Configuration:
    (found,) = _linked(files).configurations
    return found


def test_pgpool_looks_beside_the_file_that_includes_and_the_last_value_counts() -> None:
    found = _one(PGPOOL)
    names = ("num_init_children", "child_life_time", "max_pool")
    told = {n: (s.value, s.span.path) for n in names if (s := found.setting(n))}
    assert told == {
        "num_init_children": ("20", "pgpool/sub/more.conf"),
        "child_life_time": ("60", "pgpool/pgpool.conf"),
        "max_pool": ("3", "pgpool/pgpool.conf"),
    }
    assert found.complete


def test_a_pooler_has_what_its_files_say_together() -> None:
    readings, followed, refused = including.followed(_readings({**PGPOOL, **ODYSSEY}))
    poolers = {p.product: p for reading in readings for p in reading.poolers}
    pgpool, odyssey = poolers["Pgpool-II"], poolers["Odyssey"]
    assert pgpool.default_pool_size.low == 20
    assert [entry.host for entry in pgpool.databases] == ["db.internal"]
    assert [(entry.alias, entry.host) for entry in odyssey.databases] == [("shop", "db.internal")]
    assert (len(followed), refused) == (4, ())


def test_a_file_of_includes_alone_is_odysseys_by_what_they_hold() -> None:
    found = _one(ODYSSEY)
    workers = found.setting("workers")
    assert workers is not None
    assert (workers.value, workers.span.path) == ("2", "odyssey/parts/storage.conf")
    assert found.complete
    assert [(s.name, s.value) for s in found.settings if s.winner] == [("workers", "1")]
    assert not any(s.flaw for s in found.settings)


def test_flaws_are_told_where_they_stand() -> None:
    rules = ODYSSEY["odyssey/rules.conf"].replace("pool_size 7", 'pool_size\n"many"')
    linked = _linked({
        **ODYSSEY, "odyssey/rules.conf": rules,
        "pool/pgpool.conf": PGPOOL["pool/pgpool.conf"],
        "pool/sub/more.conf": "\nmax_pool = lots\n",
    })  # fmt: skip
    wrong = [(s.span.path, s.value_span.start.line) for s in linked.settings if s.flaw]
    assert ("pgpool/sub/more.conf", 2) in wrong
    assert ("odyssey/rules.conf", 2) in wrong


def test_a_rule_may_lead_to_a_storage_of_another_file() -> None:
    files = {**ODYSSEY, "odyssey/parts/storage.conf": STORAGE.replace("main", "other")}
    (wrong,) = [s for s in _one(files).settings if s.flaw is Flaw.INVALID]
    assert (wrong.name, wrong.span.path) == ("storage", "odyssey/rules.conf")


def test_nothing_is_missing_where_a_file_is_not_in_the_tree() -> None:
    files = {path: text for path, text in ODYSSEY.items() if "storage" not in path}
    found = _one(files)
    assert not found.complete
    assert not any(s.flaw for s in found.settings)


@pytest.mark.parametrize(
    "stated", ["gone.conf", "/etc/pgpool2/more.conf", "../../more.conf", "", "/etc/passwd"]
)
def test_what_is_not_in_the_tree_is_not_followed(stated: str) -> None:
    text = f"max_pool = 3\nnum_init_children = 5\ninclude = '{stated}'\n"
    files = {"a/pgpool.conf": text, "etc/passwd": "max_pool = x\n", "more.conf": "max_pool = x\n"}
    linked = _linked(files)
    assert linked.followed == ()
    (found,) = linked.configurations
    assert not found.complete


def test_an_absolute_path_is_known_in_a_tree_laid_out_like_the_machine() -> None:
    files = {
        "image/etc/odyssey/odyssey.conf": f'{STORAGE}include "/etc/odyssey/rules.conf"\n',
        "image/etc/odyssey/rules.conf": RULES,
    }
    assert _one(files).complete


def test_a_relative_path_of_odyssey_that_may_be_two_files_is_not_followed() -> None:
    files = {**ODYSSEY, "rules.conf": RULES, "odyssey/rules.conf": RULES}
    readings = (
        *_readings(files),
        *(
            reading
            for path in ("rules.conf",)
            if (reader := reader_of("odyssey/x.conf"))
            for reading in (reader.read(SourceFile(path, RULES), Options()),)
        ),
    )
    found, followed, _ = including.followed(readings)
    assert [span.start.line for span in followed] == [2]
    assert not any(told.complete for reading in found for told in reading.configurations)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pool/pgpool.conf", "max_pool = 3\nnum_init_children = 5\ninclude = '{}'\n"),
        ("odyssey/odyssey.conf", STORAGE.replace("{", "{{").replace("}", "}}") + 'include "{}"\n'),
    ],
)
def test_files_that_include_themselves_are_refused(path: str, text: str) -> None:
    folder, name = path.split("/")
    direct = _linked({path: text.format(name)})
    assert [stop.span.start.line for stop in direct.refused] == [text.count("\n")]
    back = _linked({path: text.format("b.conf"), f"{folder}/b.conf": text.format(name)})
    assert any(stop.span.path.endswith("b.conf") for stop in back.refused)


def test_pgpool_opens_files_ten_deep() -> None:
    def chain(length: int) -> dict[str, str]:
        files = {f"pool/n{i}.conf": f"include = 'n{i + 1}.conf'\n" for i in range(1, length)}
        start = "max_pool = 3\nnum_init_children = 5\ninclude = 'n1.conf'\n"
        return {**files, "pool/pgpool.conf": start, f"pool/n{length}.conf": "max_pool = 4\n"}

    assert not _linked(chain(10)).refused
    assert _linked(chain(11)).refused


def test_an_included_file_that_the_program_cannot_read_is_told_once() -> None:
    pgpool = {**PGPOOL, "pool/sub/backends.conf": "backend_port0 = 5432\n= 3\n"}
    odyssey = {**ODYSSEY, "odyssey/rules.conf": RULES + "workers = 3\n"}
    places = [(s.span.path, s.span.start.line) for s in _linked({**pgpool, **odyssey}).refused]
    assert places == [("pgpool/sub/backends.conf", 2), ("odyssey/rules.conf", 2)]


def test_a_file_that_nothing_includes_does_not_speak() -> None:
    found = _linked({"pool/sub/backends.conf": "max_pool = many\n= 3\n"})
    assert (found.configurations, found.refused) == ((), ())
