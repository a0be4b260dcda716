"""Server sessions that a process has open when it forks, and that its children use too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from poollint.model.finding import Confidence, Step
from poollint.model.source import Span


class Kept(Enum):
    """What holds the sessions; the value is what a reader calls it."""

    CONNECTION = "connection"
    POOL = "pool"  # one that opens its sessions when it is built
    ENGINE = "engine"  # one that was used before the fork, and keeps the session for later


class Forker(Enum):
    """What forks; the value is what a reader calls it."""

    GUNICORN = "gunicorn"
    UWSGI = "uWSGI"
    CELERY = "Celery"
    PROCESSES = "multiprocessing"
    FORK = "os.fork"


@dataclass(frozen=True, slots=True)
class Inherited:
    """Server sessions that are open when a process forks, and that its children use.

    span        the call that opens them
    kept        what holds them, and `name` what the code calls that ("pool")
    driver      the driver's id in the catalog
    forker      what forks
    steps       from what says that a process loads, and then forks, past where the sessions are
                opened, to where a child uses them; for a fork in the code in the order it runs
    scope       qualified name of the function in which they are opened, "" at import
    confidence  how sure it is that there is a fork: low where nobody says how processes start
    """

    span: Span
    kept: Kept
    name: str
    driver: str
    forker: Forker
    steps: tuple[Step, ...]
    scope: str = ""
    confidence: Confidence = Confidence.HIGH
