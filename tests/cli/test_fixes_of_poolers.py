"""What `--fix` makes of each format: slips of names and exact repetitions go, the rest stays."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from .conftest import Shell

PGCAT = """[general]
admin_username = "a"
admin_password = "${ADMIN}"
connect_timeot = 500 # ours
[pools.shop.users.0]
username = "shop"
password = "${SHOP}"
pool_size = 5
[pools.shop.shards.0]
servers = [["db", 5432, "primary"]]
database = "orders"
"""
ODYSSEY = """storage "main" {
  type "remote" # ours
  host "db"
}
database "orders" {
  user "shop" {
    storage "main"
    authentication "block"
    pool "session"
    application_name_add_hst yes
  }
}
log_debug no
log_debug no
"""
PGPOOL = """# ours
num_init_children = 32
child_life_tme = 5min
max_pool = 4
max_pool = 4
"""
SERVER = "# ours\nwork_mem = 4MB\nlisten_adresses = '*'\nport = 5432\nport = 5432\n"
CASES = {
    "pgcat.toml": (PGCAT, PGCAT.replace("timeot", "timeout")),
    "odyssey.conf": (
        ODYSSEY,
        ODYSSEY.replace("add_hst", "add_host").replace("log_debug no\n", "", 1),
    ),
    "pgpool.conf": (
        PGPOOL,
        PGPOOL.replace("life_tme", "life_time").replace("max_pool = 4\n", "", 1),
    ),
    "postgresql.conf": (
        SERVER,
        SERVER.replace("adresses", "addresses").replace("port = 5432\n", "", 1),
    ),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", CASES)
def test_a_slip_is_mended_and_a_repetition_removed(
    shell: Shell, tmp_path: Path, name: str, end: str
) -> None:
    before, after = (text.replace("\n", end).encode() for text in CASES[name])
    path = tmp_path / name
    path.write_bytes(before)
    path.chmod(0o640)
    shown = shell("check", "--diff")
    assert path.read_bytes() == before
    assert f"+++ {name}" in shown.stdout
    shell("check", "--fix")
    assert path.read_bytes() == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [found.name for found in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pgcat.toml", PGCAT + 'databse = "orders"\n'),
        ("pgpool.conf", PGPOOL + "max_pol = 8\n"),
        (
            "odyssey.conf",
            ODYSSEY.replace("add_hst yes", "add_host yes\n    application_name_add_hst no"),
        ),
        ("postgresql.conf", SERVER + "work_men = 8MB\n"),
    ],
)
def test_a_slip_of_a_name_that_is_set_besides_needs_a_look(
    shell: Shell, tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    shell("check", "--fix")
    slip = next(word for word in ("databse", "max_pol ", "add_hst no", "work_men") if word in text)
    assert slip in path.read_text()
