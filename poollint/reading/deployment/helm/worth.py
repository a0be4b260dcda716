"""What templates of charts work with: values at their places, and what is not known of them.

Source: helm.sh/docs/chart_template_guide; text/template of Go 1.22 (truth); sigs.k8s.io/yaml 1.4,
by which values become numbers and booleans.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from poollint.reading.deployment.helm.marks import UNKNOWN, VALUE, unknown
from poollint.syntax import sealed
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

MARK = re.compile(r"HELM_LEAF_(\d+)__")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d{1,3})?")
_BOOLEAN = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}
_PATH = re.compile(r"\w+(?:\.\w+)*")
_SIMPLE = re.compile(r"[A-Za-z_./][\w./ @+=-]*")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar of the values; what is written of it keeps its place."""

    node: Scalar


@dataclass(frozen=True, slots=True)
class Unknown:
    """What cannot be known without Helm, or the cluster: the code that asks for it."""

    code: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A value that no file states: nil to a template, and left to whoever installs the chart."""

    code: str


Bare: TypeAlias = "str | int | float | bool | list[Worth] | dict[str, Worth] | None"
Worth: TypeAlias = "Leaf | Unknown | Absent | Bare"


def of_node(node: Node) -> Worth:
    """Return a node of the values as templates see it."""
    if isinstance(node, Mapping):
        return {item.key.text: of_node(item.value) for item in node.items}
    if isinstance(node, Sequence):
        return [of_node(item) for item in node.items]
    return Unknown(sealed.WORDS) if sealed.is_sealed(node.text) else Leaf(node)


@dataclass(slots=True)
class Marks:
    """The nodes that marks in a text stand for."""

    nodes: list[Scalar] = field(default_factory=list)

    def of(self, leaf: Leaf) -> str:
        """Return the mark for a leaf."""
        self.nodes.append(leaf.node)
        return f"HELM_LEAF_{len(self.nodes) - 1}__"

    def resolved(self, text: str) -> str:
        """Return a text with what its marks stand for."""
        return MARK.sub(lambda match: _within(self.nodes[int(match[1])]), text)

    def bare(self, worth: Worth) -> Bare | Unknown:
        """Return a value without its place; nil where it is absent."""
        if isinstance(worth, Leaf):
            return constant(worth.node)
        if isinstance(worth, Absent):
            return None
        if isinstance(worth, str):
            return Unknown(worth) if UNKNOWN in worth else self.resolved(worth)
        return worth

    def truth(self, worth: Worth) -> bool | None:
        """Return whether a template takes a value as true, None where that is not known."""
        if isinstance(worth, str) and UNKNOWN in worth:
            rest = re.sub(rf"{UNKNOWN}\w*", "", worth).strip()
            return True if rest else None
        known = self.bare(worth)
        return None if isinstance(known, Unknown) else bool(known)

    def written(self, worth: Worth) -> str:
        """Return what `{{ worth }}` writes."""
        match worth:
            case Leaf():
                return self.of(worth)
            case Unknown(code):
                return unknown(code)
            case Absent(code):
                return f"{VALUE}{code}" if _PATH.fullmatch(code) else unknown(code)
            case None:
                return ""
            case bool():
                return "true" if worth else "false"
            case float():
                return str(int(worth)) if worth.is_integer() else str(worth)
            case list() | dict():
                return unknown("a value as Go prints it") if worth else ""
        return str(worth)

    def yaml(self, worth: Worth, deep: int = 0) -> str:
        """Return what `toYaml` writes: keys in order, a mark for each leaf."""
        pad = "  " * deep
        if isinstance(worth, dict) and worth:
            rows = (f"{pad}{_plain(key)}:{self._below(worth[key], deep)}" for key in sorted(worth))
            return "\n".join(rows)
        if isinstance(worth, list) and worth:
            return "\n".join(f"{pad}-{self._element(item, deep)}" for item in worth)
        if isinstance(worth, (list, dict)):
            return pad + ("[]" if isinstance(worth, list) else "{}")
        return pad + self._scalar(worth)

    def _below(self, worth: Worth, deep: int) -> str:
        if isinstance(worth, (list, dict)) and worth:
            return "\n" + self.yaml(worth, deep if isinstance(worth, list) else deep + 1)
        return " " + self.yaml(worth).strip()

    def _element(self, worth: Worth, deep: int) -> str:
        inner = self.yaml(worth, deep + 1)
        return " " + inner[2 * (deep + 1) :] if inner.startswith("  ") else f" {inner}"

    def _scalar(self, worth: Worth) -> str:
        if worth is None or isinstance(worth, Absent):
            return "null"
        if isinstance(worth, str) and not MARK.search(worth) and UNKNOWN not in worth:
            return _plain(worth)
        return self.written(worth)


def _within(node: Scalar) -> str:
    return "" if node.is_null else node.text


def constant(node: Scalar) -> Bare:
    """Return what a scalar is to Helm."""
    text = node.text
    if node.style:
        return text
    if node.is_null:
        return None
    if text.lower() in _BOOLEAN:
        return _BOOLEAN[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def text_of(known: Bare) -> str:
    """Return a value as a text, as `toString` does."""
    if known is None:
        return ""
    if isinstance(known, bool):
        return "true" if known else "false"
    if isinstance(known, float) and known.is_integer():
        return str(int(known))
    return json.dumps(known, default=str) if isinstance(known, (list, dict)) else str(known)


def number_of(known: Bare) -> int:
    """Return a value as an integer, as `int` does: 0 for what is none."""
    text = known if isinstance(known, str) else ""
    number = known if isinstance(known, (bool, int, float)) else (
        float(text) if _NUMBER.fullmatch(text) else 0
    )  # fmt: skip
    return int(number) if math.isfinite(number) else 0


def _plain(text: str) -> str:
    simple = _SIMPLE.fullmatch(text) and text.strip() == text
    return text if simple and text.lower() not in (*_BOOLEAN, "null") else json.dumps(text)


def any_unknown(values: Iterable[Worth]) -> bool:
    """Tell whether one of several is not known."""
    return any(isinstance(v, Unknown) or (isinstance(v, str) and UNKNOWN in v) for v in values)
