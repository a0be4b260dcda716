"""Functions of the project that hardly ever raise."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.paths.calm import keeps_calm

HEAD = """
import logging, os, re, time
from datetime import datetime, timezone
logger = logging.getLogger(__name__)

def noted(text):
    logger.info("%s %s", text, who()[0])
def again(text):
    return again(text)
"""


def _calm(body: str) -> bool:
    tree = ast.parse(f"{HEAD}def work(conn, seen):\n    {body}\n")
    return keeps_calm(Member(Names(tree, drivers()), "work"))


@pytest.mark.parametrize(
    "body",
    [
        "logger.warning('lost %s', conn.info())",
        "noted(str(conn).strip())",
        "global last; last = datetime.now(timezone.utc).isoformat()",
        "return re.sub(r'x', 'y', str(conn))[:40]",
        "return getattr(conn, 'name', 'local')",
        "return os.environ.get('BACKEND', 'local')",
        "conn.seen = round(time.monotonic() - seen, 2) if seen else None",
        "try: conn.close()\n    except Exception as error: logger.warning('%s', error)",
        "try: conn.close()\n    except (OSError, Exception): pass",
        "try: conn.close()\n    except: return None",
        "with contextlib.suppress(Exception): conn.close()",
    ],
)
def test_it_writes_a_log_or_keeps_what_it_is_given(body: str) -> None:
    assert _calm(body)


@pytest.mark.parametrize(
    "body",
    [
        "conn.rollback()",
        "raise ValueError",
        "return seen['x']",
        "again(seen)",
        "import settings",
        "assert seen",
        "re.sub(seen, 'y', str(conn))",
        "with open(seen): pass",
        "try: conn.close()\n    except OSError: pass",
        "try: conn.close()\n    except Exception: raise",
        "try: conn.close()\n    except Exception: conn.rollback()",
        "try: pass\n    except Exception: pass\n    else: conn.close()",
        "with contextlib.suppress(OSError): conn.close()",
    ],
)
def test_of_anything_else_it_is_not_known(body: str) -> None:
    assert not _calm(body)
