"""Which objects a patch of a kustomization is laid over.

Source: kustomize 12f9e6391, api/types/selector.go (each field of a `target` is a regular
expression, of the whole text) and api/resmap/reswrangler.go (`Select`: by the name an object has
or had); asked of kubectl 1.32.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from poollint.reading.deployment.kubernetes import renaming
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Mapping, Node

MAX_TEXT = 253  # characters; no name of an object is longer
_MAX_REPEATS = 2  # of one alternative, so that a match takes no more than quadratic time
_SIMPLE = re.compile(r"[\w.\-|*+?^$]*")
_GROUPED = re.compile(r"[\w.\-|*+?^$()]*")
_REPEAT = re.compile(r"[*+?]+")
_PAIR = re.compile(r"\s*([\w./-]+)\s*(==|=|!=)\s*([\w./-]*)\s*")


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of objects: patterns by their fields, "" for any, and what labels they have.

    `whole` tells that a text means itself, and is no pattern.
    """

    kind: str = ""
    name: str = ""
    group: str = ""
    version: str = ""
    namespace: str = ""
    labels: str = ""
    annotations: str = ""
    whole: bool = False

    def __call__(self, manifest: Manifest) -> bool:
        """Tell whether an object is meant."""
        if not any((self.kind, self.name, self.group, self.version, self.namespace,
                    self.labels, self.annotations)):  # fmt: skip
            return False
        group, _, version = manifest.root.text("apiVersion").rpartition("/")
        return (
            self._fits(self.kind, manifest.kind)
            and any(self._fits(self.name, n) for n in (manifest.name, renaming.shown(manifest)))
            and self._fits(self.group, group)
            and self._fits(self.version, version)
            and self._fits(self.namespace, manifest.namespace or "default")
            and _has(manifest.root.mapping("metadata", "labels"), self.labels)
            and _has(manifest.root.mapping("metadata", "annotations"), self.annotations)
        )

    def _fits(self, pattern: str, text: str) -> bool:
        if not pattern or pattern == text:
            return True
        known = None if self.whole else _pattern(pattern)
        return known is not None and known.fullmatch(text[:MAX_TEXT]) is not None


def of_entry(chosen: Mapping) -> Target:
    """Return what the `target` of a patch asks for."""
    return Target(
        kind=chosen.text("kind"),
        name=chosen.text("name"),
        group=chosen.text("group"),
        version=chosen.text("version"),
        namespace=chosen.text("namespace"),
        labels=chosen.text("labelSelector"),
        annotations=chosen.text("annotationSelector"),
    )


def is_followed(chosen: Mapping) -> bool:
    """Tell whether all that the `target` of a patch asks for is understood."""
    target = of_entry(chosen)
    patterns = (target.kind, target.name, target.group, target.version, target.namespace)
    pairs = (part for text in (target.labels, target.annotations) for part in text.split(","))
    return all(_pattern(text) for text in patterns if text) and all(
        _PAIR.fullmatch(pair) for pair in pairs if pair
    )


def of_patch(patch: Node) -> Target:
    """Return the one object that a patch names itself; a patch of none is laid over none."""
    if not isinstance(patch, Mapping):
        return Target()
    return Target(patch.text("kind"), patch.text("metadata", "name"), whole=True)


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str] | None:
    """Return a regular expression, None for one that is not simple, and might never end."""
    parts = text.split("|") if _SIMPLE.fullmatch(text) else [text]
    simple = _GROUPED.fullmatch(text) and not re.search(r"\)[*+?]", text)
    if not simple or len(text) > MAX_TEXT:
        return None
    if any(len(_REPEAT.findall(part)) > _MAX_REPEATS for part in parts):
        return None
    try:
        return re.compile(text)
    except re.error:
        return None


def _has(labels: Mapping, wanted: str) -> bool:
    """Tell whether labels are as a selector asks, of the form `app=web,tier!=back`."""
    for part in wanted.split(",") if wanted.strip() else ():
        pair = _PAIR.fullmatch(part)
        if pair is None:
            return False
        if (labels.text(pair[1]) == pair[3]) is (pair[2] == "!="):
            return False
    return True
