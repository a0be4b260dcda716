"""Which settings a reload does not change, as the readers of files say it."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading import project
from poollint.reading.reader import Options


@pytest.mark.parametrize(
    ("path", "text", "restarting"),
    [
        ("postgresql.conf", "max_connections = 50\nwork_mem = 4MB\n", {"max_connections"}),
        ("postgresql.conf", "Port = 5433\nwork_mem = 4MB\n", {"Port"}),
        ("pgbouncer.ini", "[pgbouncer]\nlisten_port = 1\npool_mode = session\n", {"listen_port"}),
        (
            "pgpool.conf",
            "num_init_children = 5\nmax_pool = 4\nload_balance_mode = on\nsr_check_period = 5\n",
            {"num_init_children", "max_pool", "load_balance_mode"},
        ),
    ],
)
def test_a_setting_knows_whether_a_reload_changes_it(
    path: str, text: str, restarting: set[str]
) -> None:
    reader = project.reader_of(path)
    assert reader is not None
    reading = reader.read(SourceFile(path, text), Options())
    assert {s.name for s in reading.settings if s.restart} == restarting
