"""Which pooler a container runs, where it is not PgBouncer.

Images: ghcr.io/postgresml/pgcat; those that people build of Odyssey; pgpool/pgpool, bitnami/pgpool;
supabase/supavisor.
"""

from __future__ import annotations

import re
from posixpath import basename

from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Unit

WORDS = {
    "PgBouncer": "pgbouncer",
    "PgCat": "pgcat",
    "Odyssey": "odyssey",
    "Pgpool-II": "pgpool",
    "Supavisor": "supavisor",
}
_WATCHING = re.compile(r"exporter|monitor|metrics|test|client|admin")
_NAME = {
    "PgCat": re.compile(r"pgcat"),
    "Odyssey": re.compile(r"odyssey"),
    "Pgpool-II": re.compile(r"pgpool(?:2|-ii|-2)?"),
    "Supavisor": re.compile(r"supavisor"),
}


def product(unit: Unit) -> str:
    """Return the pooler that a container runs, by its image or its command; "" where it is none.

    Many projects are called Odyssey: the image must be of Yandex, or the command must say so.
    """
    for image in (unit.container.image, unit.base):
        owner, name = reference(image.lower())
        for title, pattern in _NAME.items():
            known = pattern.search(name) and not _WATCHING.search(name)
            if known and (title != "Odyssey" or "yandex" in owner):
                return title
    commands = {basename(part.text) for part in (unit.argv or ())[:2]}
    return next((title for title in _NAME if WORDS[title] in commands), "")
