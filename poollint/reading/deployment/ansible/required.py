"""Roles that Ansible fetches: those that set up PostgreSQL or a pooler are told.

Source: docs.ansible.com, galaxy/user_guide, "Installing roles and collections from the same
requirements.yml file": a list of roles, or one under `roles`, each by its `name` or `src`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ansible.files import VariablesFile
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

_NAMES = ("requirements.yml", "requirements.yaml")
_SETS_UP = re.compile(r"postgres|pgsql|pgbouncer|pgpool|pgcat|odyssey|patroni", re.I)
_CHART = re.compile(r"^dependencies[ \t]*:", re.M)  # Helm's file of the same name
_ENDING = re.compile(r"(?:\.git)?$")


@dataclass(frozen=True, slots=True)
class Required:
    """Roles that are fetched before a playbook runs, by name, each with its place."""

    roles: tuple[tuple[str, Span], ...]


def suits(source: SourceFile) -> bool:
    """Tell whether a file lists what Ansible fetches."""
    return basename(source.path) in _NAMES and not _CHART.search(source.text)


def read(source: SourceFile) -> Required | None:
    """Return the roles of a file that set up a server or a pooler, None where there is none."""
    documents = yaml.read(source).documents
    root = documents[0] if documents else None
    listed: Node | None = root.get("roles") if isinstance(root, Mapping) else root
    entries = listed.items if isinstance(listed, Sequence) else ()
    found = tuple(role for entry in entries for role in _role(entry) if _SETS_UP.search(role[0]))
    return Required(found) if found else None


def _role(entry: Node) -> Iterator[tuple[str, Span]]:
    node = (entry.get("name") or entry.get("src")) if isinstance(entry, Mapping) else entry
    if isinstance(node, Scalar):
        yield _ENDING.sub("", basename(node.text)), node.span


def told(documents: Iterable[object]) -> Iterator[str]:
    """Yield in words the roles that are not in the tree."""
    every = tuple(documents)
    homes = {basename(d.home) for d in every if isinstance(d, VariablesFile)}
    for required in (d for d in every if isinstance(d, Required)):
        for name, span in required.roles:
            if name not in homes:
                at = f"{span.path}:{span.start.line}"
                yield f"what role `{name}` sets up ({at}), for it is not in the tree"
