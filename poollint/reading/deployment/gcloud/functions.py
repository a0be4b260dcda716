"""What commands of `gcloud` deploy that is no service: functions, and jobs of Cloud Run.

A function that is deployed has one request at a time where no concurrency is stated. A job ends;
how many of its tasks run at once its file may say.

Sources: cloud.google.com/sdk/gcloud/reference/functions/deploy; cloud.google.com/functions/docs/
configuring/max-instances (100 instances where nothing is stated, 3,000 of the 1st generation);
cloud.google.com/run/docs/configuring/parallelism and create-jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import join, normpath

from poollint.facts.infrastructure import Process
from poollint.model.figure import Figure
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.gcloud import calls, options
from poollint.reading.deployment.gcloud.calls import Call
from poollint.reading.deployment.linking.deployed import TASK, Placed
from poollint.reading.deployment.linking.environments import Around

PLATFORM = "gcloud"
_FUNCTION = "function"
_MOST, _MOST_BEFORE = 100, 3_000  # instances of a function, and of one of the 1st generation
_PYTHON = "python"
_MAIN = "main.py"  # the file that a function of Python is in


def placed(found: Iterable[Call], scope: str, around: Around) -> Iterator[Placed]:
    """Yield the functions that commands deploy."""
    for one in options.merged(found, calls.FUNCTION, calls.FUNCTION):
        at_once = _at_once(one)
        sketch = replace(options.sketch(one, _FUNCTION, around), file=None)
        if options.text_of(one.last("--runtime")).startswith(_PYTHON) and sketch.build:
            sketch = replace(sketch, handler=normpath(join(sketch.build, _MAIN)))
        least = options.figure(one.last("--min-instances"), "replicas", "--min-instances")
        service = hosting.Service(
            name=options.name(one, _FUNCTION),
            span=one.name.span,
            platform=PLATFORM,
            kind=_FUNCTION if at_once.high == 1 else "cloud run service",
            replicas=_instances(one),
            sketches=(sketch,),
            floor=least,
            autoscaled=True,
            process=_process(one, at_once),
            needs=tuple(dict.fromkeys(options.connected(one))),
        )
        yield hosting.placed(service, scope, around.options)


def _instances(one: Call) -> Figure:
    part = one.last("--max-instances")
    stated = options.figure(part, "replicas", "--max-instances") if part and part.text else None
    if stated and stated.high != 0:  # of the 1st generation 0 says that there is no limit
        return stated
    if one.last("--no-gen2") is not None:
        most = f"default of the 1st generation: {_MOST_BEFORE:,} instances"
        return Figure.defaulted(_MOST_BEFORE, "replicas", most)
    source = f"Cloud Run functions default: {_MOST} instances"
    return Figure.defaulted(_MOST, "replicas", source)


def _at_once(one: Call) -> Figure:
    """Return how many requests an instance has at once."""
    what = "requests at once"
    stated = options.figure(one.last("--concurrency"), what, "--concurrency")
    return stated or Figure.defaulted(1, what, "Cloud Run functions default: one request at a time")


def _process(one: Call, at_once: Figure) -> Process:
    found = replace(hosting.function(one.name.span), threads=at_once)
    if at_once.high == 1:
        return found
    return replace(found, processes=Figure.defaulted(1, "processes", "one process an instance"))


def jobs(found: Iterable[Call], scope: str, around: Around) -> Iterator[Placed]:
    """Yield the jobs that commands make: as many instances as tasks of one run at once."""
    changed = options.merged(found, calls.JOB, calls.JOB_UPDATE)
    for one in changed:
        tasks = options.figure(one.last("--tasks"), "replicas", "--tasks")
        most = options.figure(one.last("--parallelism"), "replicas", "--parallelism")
        known = [f for f in (tasks, most) if f and f.high != 0]  # 0: as many as there may be
        one_task = Figure.defaulted(1, "replicas", "Cloud Run default: one task")
        service = hosting.Service(
            name=options.name(one, "cloud run job"),
            span=one.name.span,
            platform=PLATFORM,
            kind=TASK,
            replicas=min(known, key=lambda f: f.low) if tasks and known else one_task,
            sketches=(options.sketch(one, "cloud run job", around),),
            needs=tuple(dict.fromkeys(options.connected(one))),
            sources={one.source.path: one.source},
        )
        yield hosting.placed(service, scope, around.options)
