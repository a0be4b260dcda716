"""Configuration files within a ConfigMap are looked for where one may be."""

import subprocess
import sys

import pytest

from poollint.reading.deployment.kubernetes import embedded


@pytest.mark.parametrize(
    "name",
    ["pgbouncer.ini", "PGBOUNCER.INI.tmpl", "postgresql.conf", "postgres.conf.j2", "pgpool.conf",
     "odyssey.conf", "pgcat.toml", "pg_hba.conf"],
)  # fmt: skip
def test_a_file_that_a_reader_takes_may_be_held(name: str) -> None:
    text = f'kind: ConfigMap\ndata:\n  "{name}": |\n    x\n'
    assert any(reader.claims(name) for reader in embedded._readers())
    assert embedded.may_hold(text)


def test_a_name_that_is_escaped_may_be_one_of_them() -> None:
    assert embedded.may_hold('data:\n  "pgbouncer\\x2eini": x\n')


def test_texts_alone_are_no_files() -> None:
    assert not embedded.may_hold("kind: ConfigMap\ndata:\n  LOG_LEVEL: info\n  url: a.b/c.html\n")


_PROGRAM = """
import sys
from poollint.reading.deployment.manifest import READER
from poollint.reading.deployment.kubernetes import embedded
readers = [f"poollint.reading.settings.{name}" for name in ("pgbouncer", "pgpool", "odyssey")]
before = [name in sys.modules for name in readers]
none = embedded._claiming("index.html")
print(before == [name in sys.modules for name in readers] == [False] * 3, none)
print([reader.name for reader in embedded._claiming("pgbouncer.ini")])
"""


def test_readers_of_files_are_imported_where_one_is_held() -> None:
    told = subprocess.check_output([sys.executable, "-c", _PROGRAM], text=True)
    assert told.splitlines() == ["True ()", "['pgbouncer']"]
