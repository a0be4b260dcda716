"""What kustomizations fill into texts from fields of other objects: `vars` and `replacements`.

Source: kustomize 12f9e6391, api/filters/replacement/replacement.go (where texts are put),
api/internal/accumulator/resaccumulator.go (variables mean the names that objects are applied
with) and konfig/builtinpluginconsts/varreference.go (which texts may name one); asked of
kubectl 1.37. Nothing is created: a path that leads nowhere is an error of kustomize itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from poollint.reading.deployment.kubernetes import renaming
from poollint.reading.deployment.kubernetes.selecting import Target, is_followed, of_entry
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Mapping, Node, Scalar

MAX_DEPTH = 40
_NAME = "metadata.name"
_STEP = re.compile(r"(?:\[([^\]=]+)=([^\]]*)\]|((?:\\\.|[^.\[\]])+))(?:\.|$)")
_VARIABLE = re.compile(r"\$\(([\w.\-]+)\)")
_TEXTS = ("command", "args")  # of a container, beside the values of its variables
_Step = tuple[str, str | None]  # a key, or a field of an element and the text it has


# --- Replacements, each where its kustomization has done all else -------------------------------


def replaced(found: Sequence[Manifest], kustomization: Manifest) -> list[Manifest]:
    """Return objects with what a kustomization's `replacements` put into them."""
    made = list(found)
    for entry in kustomization.root.mappings("replacements"):
        text = _source(entry, made)
        for target in entry.mappings("targets") if text is not None and understood(entry) else ():
            made = [_put(m, target, text or "") if _chosen(m, target) else m for m in made]
    return made


def understood(entry: Mapping) -> bool:
    """Tell whether one of `replacements` is read: all of it stands here, and its paths are plain.

    One that stands in a file of its own (`path`) is not.
    """
    targets = entry.mappings("targets")
    chosen = [t.mapping("select") for t in targets]
    chosen += [r for t in targets for r in t.mappings("reject")]
    paths = [_text(n) for t in targets for n in t.sequence("fieldPaths")]
    paths.append(entry.text("source", "fieldPath") or _NAME)
    return (
        not entry.text("path")
        and all(is_followed(one) for one in chosen)
        and all(_steps(path) for path in paths)
    )


def _source(entry: Mapping, found: Iterable[Manifest]) -> str | None:
    """Return the text that is put, None where it is not to be had."""
    stated = entry.get("sourceValue")
    if isinstance(stated, Scalar):
        return stated.text
    source = entry.mapping("source")
    text = _field(source, source.text("fieldPath") or _NAME, found)
    cut = source.text("options", "delimiter")
    if text is None or not cut:
        return text
    parts, at = text.split(cut), _index(source)
    return parts[at] if 0 <= at < len(parts) else None


def _chosen(manifest: Manifest, target: Mapping) -> bool:
    rejected = (of_entry(one) for one in target.mappings("reject"))
    return of_entry(target.mapping("select"))(manifest) and not any(r(manifest) for r in rejected)


def _put(manifest: Manifest, target: Mapping, text: str) -> Manifest:
    """Return an object with a text under each path of a target; its name is not changed."""
    root: Node = manifest.root
    for path in target.sequence("fieldPaths"):
        steps = _steps(_text(path))
        if steps and _text(path) != _NAME:
            root = _laid(root, steps, text, target)
    return replace(manifest, root=root) if isinstance(root, Mapping) else manifest


def _laid(node: Node, steps: tuple[_Step, ...], text: str, target: Mapping) -> Node:
    if not steps:
        return _with_text(node, text, target)
    (key, value), rest = steps[0], steps[1:]
    if isinstance(node, Mapping):
        return replace(
            node,
            items=tuple(
                Item(i.key, _laid(i.value, rest, text, target))
                if value is None and key in (i.key.text, "*")
                else i
                for i in node.items
            ),
        )
    if isinstance(node, yaml.Sequence):
        return replace(
            node,
            items=tuple(
                _laid(one, rest, text, target) if _is_at(one, at, steps[0]) else one
                for at, one in enumerate(node.items)
            ),
        )
    return node


def _is_at(element: Node, at: int, step: _Step) -> bool:
    key, value = step
    if value is None:
        return key in (str(at), "*")
    return isinstance(element, Mapping) and element.text(key) == value


def _with_text(node: Node, text: str, target: Mapping) -> Node:
    """Return what stands under a path then: the text, or one with it between delimiters."""
    if not isinstance(node, Scalar):
        return node
    cut = target.text("options", "delimiter")
    if not cut:
        return replace(node, text=text)
    parts, at = node.text.split(cut), _index(target)
    if 0 <= at < len(parts):
        parts[at] = text
    else:
        parts.insert(0 if at < 0 else at, text)
    return replace(node, text=cut.join(parts))


def _index(options: Mapping) -> int:
    stated = options.text("options", "index")
    return int(stated) if re.fullmatch(r"-?[0-9]{1,4}", stated) else 0


# --- Variables, when all is built ---------------------------------------------------------------


def values(entries: Iterable[Mapping], found: Sequence[Manifest]) -> dict[str, str]:
    """Return what `vars` mean, by their names; one whose object is not there is left out."""
    made = {}
    for entry in entries:
        path = entry.text("fieldref", "fieldpath") or entry.text("fieldref", "fieldPath") or _NAME
        text = _field(entry.mapping("objref"), path, found)
        if text is not None:
            made[entry.text("name")] = text
    return made


def filled(manifest: Manifest, known: dict[str, str]) -> Manifest:
    """Return an object whose containers have variables' values in their texts."""
    root = _with_values(manifest.root, known, 0)
    return replace(manifest, root=root) if isinstance(root, Mapping) else manifest


def _with_values(node: Node, known: dict[str, str], depth: int) -> Node:
    if depth > MAX_DEPTH or isinstance(node, Scalar):
        return node
    if isinstance(node, yaml.Sequence):
        return replace(node, items=tuple(_with_values(n, known, depth + 1) for n in node.items))
    return replace(node, items=tuple(_item(i, known, depth + 1) for i in node.items))


def _item(item: Item, known: dict[str, str], depth: int) -> Item:
    value, key = item.value, item.key.text
    if not isinstance(value, yaml.Sequence) or key not in (*_TEXTS, "env"):
        return Item(item.key, _with_values(value, known, depth))
    each = (_told(n, known) if key in _TEXTS else _bound(n, known) for n in value.items)
    return Item(item.key, replace(value, items=tuple(each)))


def _bound(node: Node, known: dict[str, str]) -> Node:
    if not isinstance(node, Mapping):
        return node
    each = (Item(i.key, _told(i.value, known)) if i.key.text == "value" else i for i in node.items)
    return replace(node, items=tuple(each))


def _told(node: Node, known: dict[str, str]) -> Node:
    if not isinstance(node, Scalar) or "$(" not in node.text:
        return node
    return replace(node, text=_VARIABLE.sub(lambda m: known.get(m[1], m[0]), node.text))


# --- Fields of objects --------------------------------------------------------------------------


def _field(wanted: Mapping, path: str, found: Iterable[Manifest]) -> str | None:
    """Return the text in a field of the one object that is meant."""
    target = Target(wanted.text("kind"), wanted.text("name"), whole=True)
    meant = [manifest for manifest in found if target(manifest)]
    if len(meant) != 1:
        return None
    if path == _NAME:
        return renaming.shown(meant[0])
    reached = list(_reached(meant[0].root, _steps(path)))
    return reached[0].text if len(reached) == 1 else None


def _reached(node: Node, steps: tuple[_Step, ...]) -> Iterator[Scalar]:
    if not steps:
        if isinstance(node, Scalar):
            yield node
        return
    (key, value), rest = steps[0], steps[1:]
    if isinstance(node, Mapping) and value is None:
        inner = node.get(key)
        yield from _reached(inner, rest) if inner else ()
    elif isinstance(node, yaml.Sequence):
        for at, element in enumerate(node.items):
            if _is_at(element, at, steps[0]):
                yield from _reached(element, rest)


def _steps(path: str) -> tuple[_Step, ...]:
    """Return the steps of a path as `a.b.[name=web].0`; none where it is not understood."""
    steps: list[_Step] = []
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None or len(steps) == MAX_DEPTH:
            return ()
        steps.append((step[1], step[2]) if step[1] else (step[3].replace("\\.", "."), None))
        at = step.end()
    return tuple(steps)


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""
