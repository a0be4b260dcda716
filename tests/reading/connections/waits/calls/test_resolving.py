"""Which names of hosts are found without asking anybody."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.waits.calls.resolving import resolves_itself
from poollint.reading.naming.scopes.names import Names

MODULE = """
import socket, platform
own = socket.gethostname()
other = read_name()
def work(given): pass
"""


@pytest.mark.parametrize(
    ("text", "itself"),
    [
        ("socket.gethostbyname(socket.gethostname())", True),
        ("socket.gethostbyname(own)", True),
        ("socket.getaddrinfo(platform.node(), 5432)", True),
        ("socket.gethostbyname('localhost')", True),
        ("socket.getaddrinfo('127.0.0.1', 80)", True),
        ("socket.gethostbyname('::1')", True),
        ("socket.gethostbyname('db')", False),
        ("socket.gethostbyname(other)", False),
        ("socket.gethostbyname(given)", False),
        ("socket.gethostbyname()", False),
    ],
)
def test_the_host_itself_is_known(text: str, itself: bool) -> None:
    call = ast.parse(text, mode="eval").body
    assert resolves_itself(call, "work", Names(ast.parse(MODULE), drivers())) is itself
