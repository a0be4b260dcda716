"""gunicorn that a program runs itself: `Server(app, options).run()`, of gunicorn's own classes.

Whatever the program has imported by then, the application too, is there before the workers are
forked, as with `--preload`.

Source: gunicorn 27.0.1, app/base.py: `BaseApplication.run` begins an `Arbiter`, which forks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from poollint.reading.naming.objects.instances import Instance, Member, instance, lineage
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

WORD = "gunicorn.app"
_BASES = frozenset(
    """gunicorn.app.base.BaseApplication gunicorn.app.base.Application
    gunicorn.app.wsgiapp.WSGIApplication""".split()
)
_HOOKS = re.compile(r"\bpost_fork\b|\bpost_worker_init\b|\bpre_fork\b|\bwhen_ready\b|\bgetpid\b")
_WORKERS = re.compile(r"\bworkers[\"']?\s*[:=,]\s*")
_ONE = re.compile(
    r"1(?![\d.])|(?:int\()?[\w.]*(?:getenv|environ\.get)\(\s*[\"'][^\"']*[\"'],\s*[\"']?1[\"']?\)"
)


class Run(NamedTuple):
    """The call that begins the server, and whether it is told nothing of several workers."""

    member: Member
    call: ast.Call
    single: bool


def runs(names: Names, text: str) -> Iterator[Run]:
    """Yield where a file runs gunicorn, none of one that speaks of hooks."""
    if _HOOKS.search(text):
        return
    for scope in ("", *names.functions):
        for node in own_nodes(names.functions.get(scope, names.module)):
            match node:
                case ast.Call(func=ast.Attribute(value=server, attr="run"), args=[]):
                    of = instance(of_ast(server), scope, names)
                    if of is not None and _is_server(of):
                        yield Run(Member(names, scope), node, _is_single(text))


def _is_single(text: str) -> bool:
    """Tell whether a file asks for no more than one worker, which is what gunicorn has unasked."""
    return all(_ONE.match(text, told.end()) for told in _WORKERS.finditer(text))


def _is_server(of: Instance) -> bool:
    return any(
        names.qualified(of_ast(base), "") in _BASES
        for names, cls in lineage(of)
        for base in names.classes[cls].bases
    )
