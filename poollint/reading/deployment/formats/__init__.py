"""The sorts of files that describe what a platform runs, one module each.

A further one is a module with a `FORMAT`, and its line in `FORMATS`.
"""

from functools import lru_cache

from poollint.reading.deployment.formats import (
    app_engine,
    app_platform,
    cloud_foundry,
    cloudformation,
    copilot,
    ecs_task,
    fly,
    helmfile,
    heroku,
    heroku_yml,
    kamal,
    knative,
    railway,
    render,
    serverless,
)
from poollint.reading.deployment.images import builds
from poollint.reading.deployment.linking.environments import Format
from poollint.syntax.yaml import Mapping

FORMATS: tuple[Format, ...] = (
    app_engine.FORMAT,
    app_platform.FORMAT,
    builds.FORMAT,
    cloud_foundry.FORMAT,
    cloudformation.FORMAT,
    copilot.FORMAT,
    ecs_task.FORMAT,
    fly.FORMAT,
    helmfile.FORMAT,
    heroku.FORMAT,
    heroku_yml.FORMAT,
    kamal.FORMAT,
    knative.FORMAT,
    railway.FORMAT,
    render.FORMAT,
    serverless.FORMAT,
    serverless.FUNCTIONS,
)


def may_hold(data: bytes, path: str | None = None) -> bool:
    """Tell whether a file of JSON or TOML may be of one of the formats, from what words it holds.

    Without a path, wherever it lies.
    """
    roots = (known.root for known in FORMATS if path is None or known.root.claims(path))
    return any(root.is_named(data) for root in roots)


def recognised(root: Mapping, path: str) -> str:
    """Return the name of the format that a document is of, "" for none."""
    for known in _possible(frozenset([item.key.text for item in root.items])):
        if known.suits(root, path):
            return known.name
    return ""


@lru_cache(maxsize=1024)  # documents have the same few keys
def _possible(names: frozenset[str]) -> tuple[Format, ...]:
    """Return the formats that a document with such keys may be of."""
    return tuple(f for f in FORMATS if not f.root.keys or not names.isdisjoint(f.root.keys))
