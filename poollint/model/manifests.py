"""Secrets that a Kubernetes manifest states by its kind, whatever their names are."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MANIFEST = re.compile(
    r"(?:^[ \t-]*|[{,]\s{0,80})[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?Secret\b(?!-)", re.M
)
_DATA = re.compile(
    r"^(?P<in>[ ]{0,80})(?:data|stringData):[ \t]*\r?\n"
    r"(?P<body>(?:(?P=in)[ \t][^\n]*(?:\n|\Z)|[ \t]*\r?\n)+)",
    re.M,
)
_FLOW = re.compile(r"[\"']?(?:data|stringData)[\"']?[ \t]*:\s{0,80}\{(?P<value>[^{}]+)\}")
_GENERATOR = re.compile(
    r"^(?P<in>[ ]{0,80})secretGenerator:"
    r"(?P<body>[^\n]*(?:\n(?:(?P=in)[ \t-][^\n]*|[ \t]*(?=\n)))*)",
    re.M,
)
_LITERAL = re.compile(r"[\s\[,\"'][\w.-]{1,80}=(?P<value>[^\s,\]\"'}]+)")
_DATUM = re.compile(r"^[ \t]+(?:[\"']?[\w.-]+[\"']?:[ \t]+)?(?P<value>\S[^\n]*)", re.M)


def in_manifests(text: str) -> Iterator[tuple[int, int]]:
    """Yield the values a Kubernetes Secret holds, and those kustomize makes one of."""
    for block in _GENERATOR.finditer(text):
        for value in _LITERAL.finditer(text, *block.span("body")):
            yield value.span("value")
    if not _MANIFEST.search(text):
        return
    at = 0
    for document in re.split(r"(?m)^(?=---)", text):
        end = at + len(document)
        if _MANIFEST.search(document):
            for data in _DATA.finditer(text, at, end):
                for datum in _DATUM.finditer(text, *data.span("body")):
                    yield datum.span("value")
            yield from (flow.span("value") for flow in _FLOW.finditer(text, at, end))
        at = end
