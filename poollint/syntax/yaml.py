"""YAML as a tree that remembers where everything stands."""

from __future__ import annotations

import re
from collections import deque

from poollint.model.source import Comment, SourceFile, Unreadable
from poollint.syntax import yaml_plain
from poollint.syntax.yaml_nodes import Item, Mapping, Node, Scalar, Sequence, Stream

__all__ = [
    "MAX_CHARACTERS", "Item", "Mapping", "Node", "Scalar", "Sequence", "Stream", "comments", "read",
]  # fmt: skip

MAX_CHARACTERS = 4_000_000

_SIGN = re.compile(r"(?:(?<=\s)|\A)#")


def read(source: SourceFile) -> Stream:
    """Return the documents of `source`; never raises."""
    if len(source.text) > MAX_CHARACTERS:
        reason = f"larger than {MAX_CHARACTERS // 1_000_000} MB"
        return Stream((), (Unreadable(source.span(0, 0), reason, broken=False),))
    plain = yaml_plain.documents(source)
    if plain is not None:
        return Stream(plain)
    from poollint.syntax import yaml_events  # PyYAML takes its time to be imported

    documents, unread = yaml_events.documents(source)
    template = _template(source, documents, failed=unread is not None)
    if template:
        return Stream((), (template,))
    return Stream(documents, (unread,) if unread else ())


def _template(
    source: SourceFile, documents: tuple[Node, ...], *, failed: bool
) -> Unreadable | None:
    """Return why this is no YAML but a template for YAML; None where it is none."""
    text = source.text
    at = text.find("{%")
    jinja = at >= 0
    if not jinja:
        at = text.find("{{")
    if at < 0 or not (failed or any(_is_odd(document) for document in documents)):
        return None
    folder, chart, _ = source.path.rpartition("/templates/")
    if jinja:
        reason = "Jinja template; render it, then audit what comes out"
    elif chart or source.path.startswith("templates/"):
        reason = f"Helm template; render it: helm template {folder or '.'} | poollint audit -"
    else:
        reason = "template; render it, then audit what comes out"
    return Unreadable(source.span(at, at + 2), reason, broken=False)


def _is_odd(node: Node) -> bool:
    pending: list[Node] = [node]
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += node.items
            continue
        if node.odd:
            return True
        pending += (item.value for item in node.items)
    return False


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments in order; none where the file is no YAML."""
    if "#" not in source.text or len(source.text) > MAX_CHARACTERS:
        return ()
    from poollint.syntax import yaml_events

    try:
        opaque = deque(yaml_events.opaque(source))
    except ValueError:
        return ()
    found: list[Comment] = []
    behind = 0  # offset where the last comment ended
    for match in _SIGN.finditer(source.text):
        at = match.start()
        while opaque and opaque[0][1] <= at:
            opaque.popleft()
        if at < behind or (opaque and opaque[0][0] <= at):
            continue
        comment = _comment(source, at)
        found.append(comment)
        behind = at + len(comment.text)
    return tuple(found)


def _comment(source: SourceFile, at: int) -> Comment:
    position = source.position(at)
    line = source.line(position.line)
    text = line[position.column - 1 :]
    own_line = not line[: position.column - 1].strip()
    return Comment(source.span(at, at + len(text)), text, own_line)
