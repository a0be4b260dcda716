"""Playbooks of Ansible: the variables that plays, and the roles in them, are given.

Source: docs.ansible.com, "Understanding variable precedence" (play vars over those of inventories,
parameters of roles over the roles' own), and "Using roles at the play level".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname

from poollint.model.source import SourceFile
from poollint.reading.deployment.ansible.files import PARAMETER, PLAY, WORDS, VariablesFile
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping, Sequence

_PLAYS = re.compile(rb"^(?:-[ \t]+|[ \t]+)hosts[ \t]*:", re.M)
# What an entry of `roles` says besides the role's parameters.
_OWN = frozenset(
    "role name vars when tags become become_user become_method become_flags environment"
    " delegate_to delegate_facts no_log ignore_errors any_errors_fatal run_once connection port"
    " remote_user check_mode diff throttle timeout collections module_defaults debugger".split()
)


def suits(data: bytes) -> bool:
    """Tell whether a file may be a playbook that sets what is asked for."""
    if b"hosts" not in data or not any(word in data for word in WORDS):  # most are none
        return False
    return _PLAYS.search(data) is not None


def read(source: SourceFile) -> tuple[VariablesFile, ...]:
    """Return the variables of each play of a file, and of each role in it.

    None where no name of theirs is one of PostgreSQL's, or of PgBouncer's.
    """
    home = dirname(source.path)
    found = [
        given
        for document in yaml.read(source).documents
        for play in (document.items if isinstance(document, Sequence) else ())
        if isinstance(play, Mapping) and play.get("hosts")
        for given in _of_play(play, home)
    ]
    names = (item.key.text.encode() for given in found for item in given.root.items)
    return tuple(found) if any(word in name for name in names for word in WORDS) else ()


def _of_play(play: Mapping, home: str) -> Iterator[VariablesFile]:
    own = play.mapping("vars")
    if own.items:
        yield VariablesFile(home, PLAY, "", own)
    for role in play.mappings("roles"):
        name = role.text("role") or role.text("name")
        given = tuple(item for item in role.items if item.key.text not in _OWN)
        for items in (role.mapping("vars").items, given):
            if items:
                yield VariablesFile(home, PARAMETER, name, Mapping(items, "", role.span))
