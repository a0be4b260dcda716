"""Tests of `poollint.reading.deployment.linking.reasons`: why a number is not known."""

from __future__ import annotations

import pytest

from tests.reading.deployment.serving import Audited

URL = "postgresql://shop@db/orders"
SIZED = "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(URL, pool_size={})"
NODE = '{"dependencies": {"pg": "8"}}'


@pytest.mark.parametrize(
    ("command", "files", "why"),
    [
        ("uvicorn web:app", {"web.py": "app = 1"}, "for nothing that `web:app` is known to load"),
        ("./start.sh", {}, "for what `./start.sh` starts was not followed"),
        ("node a.js", {"package.json": NODE, "a.js": ""}, "for no pool of `pg` was found in its"),
        ("node a.js", {"package.json": "{}", "a.js": ""}, "for no library of PostgreSQL was found"),
        (
            "uvicorn web:app",
            {"web.py": SIZED.format("int(os.environ['POOL'])")},
            "for no file sets `POOL`",
        ),
        (
            "uvicorn web:app",
            {"web.py": SIZED.format("sizes[0]")},
            "for what `pool_size` is given was not followed to a number",
        ),
        (
            "node db.js",
            {
                "package.json": NODE,
                "db.js": 'const {Pool} = require("pg")\nnew Pool({max: process.env.MOST})',
            },
            "for no file sets `MOST`",
        ),
    ],
)
def test_what_was_looked_for_is_told(
    audited: Audited, command: str, files: dict[str, str], why: str
) -> None:
    (text,) = audited(command, files).missing
    assert why in text
    assert "\n" not in text
