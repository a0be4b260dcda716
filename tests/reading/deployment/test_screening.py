"""What is left out unread says nothing, in whatever way YAML allows it to be written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poollint.model.source import SourceFile
from poollint.reading.deployment.formats import FORMATS
from poollint.reading.deployment.images import builds
from poollint.reading.deployment.kubernetes.kubernetes import OTHERS, WORKLOADS
from poollint.reading.deployment.kubernetes.operators import GROUPS, KINDS
from poollint.reading.deployment.manifest import READER, SCREEN, held, kindless
from poollint.reading.deployment.screening import Root, Screen
from poollint.reading.deployment.servers import patroni
from poollint.reading.reader import Options
from poollint.syntax import yaml

PATHS = (
    "x.yaml", "k8s/kustomization.yaml", "render.yaml", ".do/app.yaml", "app.yaml",
    "serverless.yml", "skaffold.yaml", ".github/workflows/x.yml",
)  # fmt: skip
# Roots and values that readers ask for, and others.
KEYS = sorted(
    {key for known in FORMATS for key in known.root.keys}
    | {"apiVersion", "services", "include", "items", "bootstrap", "restapi", "scope", "resources",
       "postgresql", "name", "x-y", "jobs", "-k", "été"}
)  # fmt: skip
KIND = st.sampled_from(sorted(WORKLOADS | OTHERS | KINDS | {"List", "PodList", "Kustomization",
                                                          "Certificate", "Config"}))  # fmt: skip
SCALARS = st.sampled_from(
    ("v1", "apps/v1", "serving.knative.dev/v1", f"{GROUPS[0]}/v1", "skaffold/v2", "aws", "python",
     "AWS::Lambda::Function", "docker build -t x .", "a.yaml")
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2),
        st.dictionaries(
            st.sampled_from(("image", "name", "build", "web", "Type", "parameters", "kind",
                             "max_connections", "dcs", "op", "path", "apiVersion")),
            inner, min_size=1, max_size=3,
        ),
    ),
    max_leaves=5,
)  # fmt: skip
ROOTS = st.one_of(
    st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=4),
    st.fixed_dictionaries({"kind": KIND, "apiVersion": SCALARS}, optional={"items": VALUES}),
    st.lists(st.fixed_dictionaries({"op": st.just("add"), "path": st.just("/spec")}), min_size=1),
)


@st.composite
def _word(draw: st.DrawFn, text: str) -> str:
    """A scalar in one of the ways that YAML knows."""
    plain = text if text and text[0] not in "-/" else f"'{text}'"
    escaped = "".join(f"\\x{ord(c):02x}" if ord(c) < 256 else c for c in text)
    return draw(
        st.sampled_from((plain, plain, plain, f"'{text}'", f'"{text}"', f'"{escaped}"',
                         f"!!str {plain}", f"&a1 {plain}"))
    )  # fmt: skip


@st.composite
def _written(draw: st.DrawFn, node: object, deep: int, flow: bool) -> str:
    """A node as a block at a depth, or in flow style; begins with a line's end where a block."""
    if isinstance(node, str):
        return " " + draw(_word(node))
    inner = flow or draw(st.integers(0, 5)) == 0
    if isinstance(node, dict) and inner:
        pairs = (f'"{k}":{draw(_written(v, 0, True))}' for k, v in node.items())
        return " {" + ", ".join(pairs) + "}"
    if isinstance(node, list) and inner:
        return " [" + ",".join(draw(_written(v, 0, True)) for v in node) + "]"
    margin, lines = " " * deep, []
    if isinstance(node, dict):
        for key, value in node.items():
            sign = draw(st.sampled_from(("", "", "", "? ")))
            gap = f"\n{margin}:" if sign else draw(st.sampled_from((":", ":", " :")))
            text = draw(_written(value, deep + 2, False))
            lines.append(f"{margin}{sign}{draw(_word(key))}{gap}{text}")
    else:
        assert isinstance(node, list)
        lines = [f"{margin}-{draw(_written(value, deep + 2, False))}" for value in node]
    return draw(st.sampled_from(("\n", "\n", " # c\n", "\n\n"))) + "\n".join(lines)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file of one to three documents."""
    documents = []
    for number in range(draw(st.integers(1, 3))):
        margin = draw(st.sampled_from((0, 0, 0, 2)))
        body = draw(_written(draw(ROOTS), margin, False))
        head = draw(st.sampled_from(("---", "...\n---", "# c\n---"))) if number else "---"
        documents.append(body.lstrip("\n") if not number and body[0] == "\n" else head + body)
    ends = draw(st.sampled_from(("\n", "\n", "\r\n", "\r", "\u2028")))
    return "\n".join(documents).replace("\n", ends) + ends


def _facts(text: str, path: str) -> list[object]:
    """What the reader of manifests takes of a text, nothing left out before."""
    source = SourceFile(path, text)
    stream = yaml.read(source)
    found = [m for m in held(stream, source) if m.kind != builds.NAME or list(builds.found([m]))]
    stated = (told for root in kindless(stream) for told in patroni.configurations(root))
    return [*((m.kind, m.root, m.patch) for m in found), *stated]


@settings(max_examples=300, deadline=None)
@given(files(), st.sampled_from(PATHS))
def test_no_document_with_a_fact_is_left_out(text: str, path: str) -> None:
    facts = _facts(text, path)
    if facts:
        assert READER.screen(text.encode(), Options())
    assert _facts(SCREEN.only(text, path), path) == facts


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("kind: Pod\n", True),
        ("kind : Pod # x\n", True),
        ("? kind\n: Pod\n", True),
        ('"\\x6bind": Pod\n', True),
        ("kind:\n  Pod\n", True),
        ("--- {kind: Pod}\n", True),
        ("%YAML 1.2\n---\n  kind: Pod\n", True),
        ("kind: CustomResourceDefinition\nx:\n  kind: Pod\n", False),
        ("a: 1\n...\nkind: Pod\n", True),
        ("a: &k Pod\n<<: {kind: *k}\n", True),
        ("# kind: Pod\n", False),
        ("kind: PodList\nitems: []\n", True),
        ("spec:\n  kind: Pod\n", False),
        ("- op: add\n  path: /spec\n", True),
        ("- hosts: all\n  kind: Pod\n", False),
        ("a: 1\rkind: Pod\n", True),
        ("a: 1\u2028kind: Pod\n", True),
        ("", False),
    ],
)
def test_the_root_tells_what_a_document_is(text: str, taken: bool) -> None:
    assert Screen((), ("Pod",)).takes(text.encode()) is taken


def test_what_is_left_out_moves_nothing() -> None:
    text = "kind: A\nx: 1\n---\nkind: Pod\n...\n---\nkind: B\n"
    assert Screen((), ("Pod",)).only(text, "x") == "\n\n---\nkind: Pod\n...\n---\n\n"


def test_a_root_counts_with_its_marks_and_where_it_may_lie() -> None:
    root = Root(("services",), (b"image",), lambda path: path == "a.yaml")
    screen_ = Screen((root,), ())
    assert screen_.document(b"services: {a: {image: x}}\n", "a.yaml")
    assert not screen_.document(b"services: {a: {image: x}}\n", "b.yaml")
    assert not screen_.document(b"services: {a: {}}\n", "a.yaml")


def test_a_broken_file_is_told_only_where_it_says_that_it_is_ours() -> None:
    for text, count in (("services:\n  a: {image: x\n", 1), ("%{ if x }\nimage: services\n", 0)):
        assert len(READER.read(SourceFile("x.yaml", text), Options()).unread) == count
