"""What a file of PgBouncer leaves open: users that it looks up, and processes beside its own."""

from __future__ import annotations

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

INI = """
    [databases]
    shop = host=HOST pool_size=20 OWN
    [pgbouncer]
    pool_mode = transaction
    SAID
    """
SERVER = "max_connections = 50\n"
USERS = "`pgbouncer`: a pool for each user that it asks the server for (`auth_user`)"
PEERS = "`pgbouncer`: what its peers open (3 in all)"
OF_PEERS = "peer_id = 1\n    [peers]\n    1 = host=/a\n    2 = host=/b\n    3 = host=/c"


def ini(said: str = "", own: str = "", host: str = "10.0.0.5") -> str:
    return INI.replace("SAID", said).replace("OWN", own).replace("HOST", host)


@pytest.mark.parametrize(
    ("said", "own", "missing"),
    [
        ("", "", ()),
        ("auth_user = looker", "", (USERS,)),
        ("", "auth_user=looker", (USERS,)),
        ("auth_user = looker", "user=shop", ()),
        (OF_PEERS, "user=shop", (PEERS,)),
        (OF_PEERS.replace("peer_id = 1", ""), "user=shop", ()),
        ("auth_user = looker\n    " + OF_PEERS, "", (USERS, PEERS)),
    ],
)
def test_what_no_file_counts_is_told(said: str, own: str, missing: tuple[str, ...]) -> None:
    found = topology({"pgbouncer.ini": ini(said, own), "postgresql.conf": SERVER})
    (server,) = found.servers
    assert server.missing == missing
    assert server.ledger.demanded.high == 20


def test_a_number_that_more_may_be_opened_than_is_no_exact_one() -> None:
    told = linking.uncounted(linking.link(readings({"pgbouncer.ini": ini(OF_PEERS)}), Options()))
    where = "to `10.0.0.5`, which no file describes"
    assert f"`pgbouncer` may open 20 connections or more {where}" in told
    assert PEERS in told
    alone = linking.uncounted(linking.link(readings({"pgbouncer.ini": ini()}), Options()))
    assert f"`pgbouncer` may open 20 connections {where}" in alone


def test_of_peers_that_are_all_there_nothing_is_left_out() -> None:
    files = {f"{n}/pgbouncer.ini": ini(OF_PEERS.replace("= 1\n", f"= {n}\n", 1)) for n in (1, 2, 3)}
    found = topology({**files, "postgresql.conf": SERVER})
    assert [pooler.missing for pooler in found.poolers] == [(), (), ()]


LIST = '"web" "md5c0ffee"\n"jobs" "md5facade"\n'
LISTED = "`pgbouncer`: one more pool in each database for each other of the 2 users in its list"
ONE = "`pgbouncer` has clients of one user in each database"


@pytest.mark.parametrize(
    ("said", "own", "users", "missing", "assumed"),
    [
        ("", "", "", (), True),
        ("", "", LIST, (LISTED,), False),
        ("", "", '"web" "md5c0ffee"\n', (), False),
        ("", "user=shop", LIST, (), False),
        ("max_db_connections = 30", "", LIST, (LISTED,), False),
        ("max_db_connections = 20", "", LIST, (), False),
        ("max_db_connections = 20", "", "", (), False),
        ("auth_user = looker", "", LIST, (USERS,), False),
    ],
)
def test_who_may_come_to_an_entry_without_a_user_is_told(
    said: str, own: str, users: str, missing: tuple[str, ...], assumed: bool
) -> None:
    files = {"pgbouncer.ini": ini(said, own), "postgresql.conf": SERVER}
    found = topology({**files, **({"userlist.txt": users} if users else {})})
    (server,) = found.servers
    assert server.missing == missing
    assert (ONE in found.assumed) is assumed
    assert server.ledger.demanded.high == 20


def test_a_list_of_another_folder_lets_nobody_in() -> None:
    found = topology({"a/pgbouncer.ini": ini(), "b/userlist.txt": LIST, "postgresql.conf": SERVER})
    assert ONE in found.assumed
