"""The sorts of files that describe what a platform runs, one module each.

A further one is a module with a `FORMAT`, and its line in `FORMATS`.
"""

from poollint.reading.deployment import builds
from poollint.reading.deployment.environments import Format
from poollint.reading.deployment.formats import (
    app_engine,
    app_platform,
    cloudformation,
    ecs_task,
    fly,
    heroku,
    knative,
    railway,
    render,
    serverless,
)
from poollint.syntax.yaml import Mapping

FORMATS: tuple[Format, ...] = (
    app_engine.FORMAT,
    app_platform.FORMAT,
    builds.FORMAT,
    cloudformation.FORMAT,
    ecs_task.FORMAT,
    fly.FORMAT,
    heroku.FORMAT,
    knative.FORMAT,
    railway.FORMAT,
    render.FORMAT,
    serverless.FORMAT,
)


def may_hold(data: bytes) -> bool:
    """Tell from its bytes whether a file may be of one of the formats."""
    return any(mark in data for known in FORMATS for mark in known.marks)


def recognised(root: Mapping, path: str) -> str:
    """Return the name of the format that a document is of, "" for none."""
    return next((known.name for known in FORMATS if known.suits(root, path)), "")
