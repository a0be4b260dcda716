"""What files of deployments hand on to linking, where their meaning depends on other files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poollint.facts.infrastructure import Server, Variable
from poollint.model.source import SourceFile, Span

if TYPE_CHECKING:
    from poollint.syntax.daemons import Daemon
    from poollint.syntax.dotenv import Binding
    from poollint.syntax.procfile import Line
    from poollint.syntax.yaml import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Manifest:
    """One document of a YAML file.

    kind     Kubernetes' kind; "Compose" for a Compose file
    home     the kustomization that it is applied with, "" where it is applied by itself
    patch    the whole document, where it is no object but a list of changes to some
    affixes  what kustomizations put before and behind its name, and have not yet
    given    the condition of a template that makes it, where no file tells whether it holds
    partly   one that decides how many run of it, or what they run
    """

    kind: str
    root: Mapping
    source: SourceFile
    home: str = ""
    patch: Sequence | None = None
    affixes: tuple[str, str] = ("", "")
    given: str = ""
    partly: str = ""

    @property
    def path(self) -> str:
        """Return the path of the file that it is applied with."""
        return self.home or self.source.path

    @property
    def name(self) -> str:
        """Return `metadata.name`."""
        return self.root.text("metadata", "name")

    @property
    def namespace(self) -> str:
        """Return `metadata.namespace`, "" where the document leaves it to whoever applies it."""
        return self.root.text("metadata", "namespace")


@dataclass(frozen=True, slots=True)
class ProcessFile:
    """A Procfile."""

    source: SourceFile
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class DaemonFile:
    """A unit of systemd, or a file of supervisord or PM2, that keeps something running.

    `included` are the names, or patterns of names, of files that one of supervisord takes in;
    `taken` those of the tree that these are in an image.
    """

    source: SourceFile
    daemons: tuple[Daemon, ...]
    included: tuple[str, ...] = ()
    taken: tuple[DaemonFile, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """A `.env` file, or a file that a service names as its `env_file`."""

    path: str
    bindings: tuple[Binding, ...]


SETTINGS = re.compile(r"application(?:-(?P<profile>[\w.-]+))?\.(?:ya?ml|properties)")
"""What a file of properties of Spring Boot or Quarkus is called, wherever it lies."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file of an application's settings that lies beside its code: others may hand it on."""

    source: SourceFile


@dataclass(frozen=True, slots=True)
class Part:
    """A word of a command line, where it stands, and whether `$NAME` in it is replaced."""

    text: str
    span: Span
    expands: bool = True


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A Dockerfile, as far as its last stage tells what a container runs.

    entrypoint, command  the words, None where the file has none; `shell` tells that the one
                         word in it is a line for `sh -c`
    base                 the image the last stage begins with
    variables            what `ENV` sets, with its place
    arguments            what `ARG` lets a build give, with its default, None where it has none
    copies               what it puts in from its context: path there, path within the image
    scripts              those of the tree that it puts in, by their name in the image
    kept                 files of PM2 that it puts in, by their name in the image
    folder               where it starts, "" where that is not said
    staged               another stage, or an image, may put in files of the tree
    programs             those it compiles: their names, and the folders of their code
    """

    source: SourceFile
    base: str
    entrypoint: tuple[Part, ...] | None
    command: tuple[Part, ...] | None
    variables: tuple[tuple[str, Part], ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    scripts: tuple[tuple[str, SourceFile], ...] = ()
    arguments: tuple[tuple[str, Part | None], ...] = ()
    kept: tuple[tuple[str, DaemonFile], ...] = ()
    folder: str = ""
    staged: bool = False
    programs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A script that starts a server, or hands on to what does."""

    source: SourceFile


@dataclass(frozen=True, slots=True)
class ServerScript:
    """What may set up a server when it is first started: a script, or statements of SQL.

    `span` is where it stands: a file, or a text within a manifest. All else of the text is blank.
    """

    source: SourceFile
    span: Span


@dataclass(frozen=True, slots=True)
class OtherSettings:
    """What a text within a manifest sets up where a server is told to read it (`primary.conf`)."""

    server: Server


@dataclass(frozen=True, slots=True)
class StartingScript:
    """A script that starts a program, and the variables that it gives it (`export NAME=value`)."""

    path: str
    variables: tuple[Variable, ...]
