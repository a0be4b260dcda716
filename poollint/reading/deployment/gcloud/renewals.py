"""Services that other files of the tree make, and that commands of `gcloud` give a new image.

What a service has and how many instances there are, Terraform says; of which image it is made,
the command that is run for each version. Such a command deploys nothing of its own.

Source: cloud.google.com/run/docs/deploying ("Deploying a new revision": what is not given stays).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import dirname, join, normpath

from poollint.reading.deployment.gcloud import calls, pipelines
from poollint.reading.deployment.gcloud.calls import UNKNOWN, Call, CallFile
from poollint.reading.deployment.images import builds
from poollint.reading.deployment.linking.documents import ImageFile, Manifest
from poollint.reading.deployment.linking.environments import Around

Made = tuple[str, str, ImageFile | None]
"""An image, the folder that it is built from, and its Dockerfile where that is in the tree."""
# With one of these a command says more of a service than its image.
_MORE = ("--set-env-vars", "--update-env-vars", "--env-vars-file", "--set-secrets",
         "--update-secrets", "--add-cloudsql-instances", "--set-cloudsql-instances",
         "--max-instances", "--max", "--concurrency", "--command", "--args")  # fmt: skip


def files(documents: Iterable[object]) -> Iterator[tuple[str, Iterable[Call]]]:
    """Yield the files that hold commands, with these."""
    for document in documents:
        if isinstance(document, CallFile):
            yield document.source.path, document.calls
        elif isinstance(document, Manifest) and document.kind == builds.NAME:
            found = tuple(pipelines.calls(document))
            if found:
                yield document.source.path, found


def made_of(one: Call, around: Around) -> Made:
    """Return of what a command makes a service."""
    image, source = one.last("--image"), one.last("--source")
    text = image.text if image else ""
    if source is None:
        build, file = around.images.of(text) if text else ("", None)
        return text, build, file
    build = _home(one, source.text, around)
    return text, build, around.images.at(normpath(join(build, "Dockerfile")))


def is_only_that(one: Call) -> bool:
    """Tell whether a command gives a service a new image and nothing else that counts."""
    return one.kind in (calls.DEPLOY, calls.UPDATE) and all(one.last(o) is None for o in _MORE)


def named(one: Call) -> str:
    """Return what a command calls its service, "" where that is not known."""
    return "" if UNKNOWN in one.name.text else one.name.text


def by_name(around: Around) -> dict[str, Made]:
    """Return of what commands make services, by their names, where all of one agree."""
    found: dict[str, set[tuple[str, str]]] = {}
    made: dict[str, Made] = {}
    for _, every in files(around.documents):
        for one in every:
            new = made_of(one, around)
            if one.kind in (calls.DEPLOY, calls.UPDATE) and named(one) and new[2]:
                found.setdefault(named(one), set()).add((new[1], new[2].source.path))
                made[named(one)] = new
    return {name: made[name] for name, ways in found.items() if len(ways) == 1}


def _home(one: Call, folder: str, around: Around) -> str:
    """Return the folder that is built: counted from where the command runs, as far as is known."""
    if UNKNOWN in folder or folder.startswith(("/", "gs:")):
        return ""
    top = around.top or "."
    bases = [top] if one.home is not None else [dirname(one.source.path) or ".", top]
    homes = [normpath(join(base, one.home or "", folder)) for base in bases]
    built = (home for home in homes if around.images.at(normpath(join(home, "Dockerfile"))))
    return next(built, homes[-1])
