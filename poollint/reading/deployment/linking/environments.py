"""What runs together, and what a format that describes it is: one value, in a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Pooler, Server, Variable
from poollint.reading.deployment.images.images import Images
from poollint.reading.deployment.linking.deployed import Address, Placed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.screening import Root
from poollint.reading.reader import Options
from poollint.syntax.yaml import Mapping

# A server or a pooler that someone else runs, and the names under which it is reached.
Operated = tuple[Placed, Server | Pooler]
# What nothing starts unless one of these profiles is asked for.
Dormant = tuple[tuple[str, ...], Placed]
# What a release is called, and the values of its chart.
Asking = tuple[str, tuple[Variable, ...]]


@dataclass(frozen=True, slots=True)
class Environment:
    """What runs together, and what of it no number stands for (`notes`).

    `path` is a file of it; the folders above it may name an environment. All of it runs on one
    `machine` where that is said: what is configured there answers at its own address. Resources
    that set parameters of a database are `configured`. `joins` says of images why they are taken
    to be made of a Dockerfile of the tree. `unseen` says in words what may connect, or be
    connected to, and is not among what is placed. `aliases` are names that stand for other hosts.
    What is `dormant` only a profile starts. What is `asking` runs there too, but no file says what
    it is: only what it is told, as variables.
    """

    scope: str
    path: str
    placed: tuple[Placed, ...]
    notes: tuple[str, ...] = ()
    operated: tuple[Operated, ...] = ()
    machine: bool = False
    configured: tuple[Configuration, ...] = ()
    joins: tuple[tuple[str, str], ...] = ()
    unseen: tuple[str, ...] = ()
    aliases: tuple[tuple[Address, str], ...] = ()
    dormant: tuple[Dormant, ...] = ()
    asking: tuple[Asking, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What a format may need besides its own files.

    `top` is the folder of the tree, `documents` all that was read in it.
    """

    documents: tuple[object, ...]
    top: str
    images: Images
    options: Options


@dataclass(frozen=True, slots=True)
class Format:
    """A sort of file that describes what runs.

    name    what its documents are called (`Manifest.kind`)
    root    what such a document is known by
    suits   tells such a document of YAML, JSON or TOML by what it holds and its path
    read    the environment that one document is
    """

    name: str
    root: Root
    suits: Callable[[Mapping, str], bool]
    read: Callable[[Manifest, Around], Environment | None]


def environments(formats: tuple[Format, ...], around: Around) -> Iterator[Environment]:
    """Yield what every document of one of the formats describes, each for itself."""
    known = {format_.name: format_ for format_ in formats}
    for document in around.documents:
        if isinstance(document, Manifest) and document.kind in known:
            found = known[document.kind].read(document, around)
            if found and (found.placed or found.operated or found.unseen or found.asking):
                yield found
