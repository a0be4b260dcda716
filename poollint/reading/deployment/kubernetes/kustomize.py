"""Kustomize, as much of it as decides how many connections there are, without running it.

Resources, components, generators of ConfigMaps and Secrets, patches and `replicas`, in the order
of kustomize 12f9e6391 (api/internal/target/kusttarget.go); `renaming` puts prefixes and suffixes
to names, `filling` what they are filled into. What is remote is not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.kubernetes import filling, renaming
from poollint.reading.deployment.kubernetes.merging import patched, with_value
from poollint.reading.deployment.kubernetes.selecting import (
    Target,
    is_followed,
    of_entry,
    of_patch,
)
from poollint.reading.deployment.linking.documents import EnvironmentFile, Manifest, SettingsFile
from poollint.reading.deployment.screening import Root
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Mapping, Node, Scalar

MAX_DEPTH = 10
FILES = ("kustomization.yaml", "kustomization.yml")
KIND = "Kustomization"
_UNFOLLOWED = ("helmCharts", "transformers", "generators")
# A kustomization has one of these, or does nothing; its kind may be left out.
ROOT = Root(
    ("resources", "bases", "components", "crds", "patches", "patchesStrategicMerge",
     "patchesJson6902", "namespace", "namePrefix", "nameSuffix", "replicas",
     "configMapGenerator", "secretGenerator", "images", "replacements", "vars", *_UNFOLLOWED),
    claims=lambda path: path.endswith(FILES) and basename(path) in FILES,
)  # fmt: skip
# What `replicas:` of a kustomization changes (ReplicaCountTransformer).
_SCALED = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"))


@dataclass(frozen=True, slots=True)
class _Tree:
    """The kustomizations by their folders, and every manifest by its file."""

    folders: dict[str, Manifest]
    files: dict[str, list[Manifest]]
    variables: dict[str, EnvironmentFile]
    settings: dict[str, SettingsFile]


def built(documents: Iterable[object]) -> tuple[Manifest, ...]:
    """Return the objects that are applied: those that leaf kustomizations build, and the rest.

    What a kustomization builds has that as its `home`. A file that one names, as a resource or
    as a patch, is not applied by itself.
    """
    found = tuple(documents)
    manifests = tuple(document for document in found if isinstance(document, Manifest))
    if not any(manifest.kind == KIND for manifest in manifests):
        return manifests
    tree = _tree(found)
    named = {path for folder in tree.folders for path in _named(tree.folders[folder])}
    leaves = [folder for folder in tree.folders if folder not in named]
    leaves = leaves or sorted(tree.folders)[:1]  # which take in each other: nothing may be lost
    loose = (m for m in manifests if m.kind != KIND and not _is_named(m.source.path, named))
    return (*loose, *(m for folder in leaves for m in _leaf(folder, tree)))


def _tree(documents: tuple[object, ...]) -> _Tree:
    folders: dict[str, Manifest] = {}
    files: dict[str, list[Manifest]] = {}
    for document in documents:
        if isinstance(document, Manifest):
            path = normpath(document.source.path)
            if document.kind == KIND:
                folders[dirname(path) or "."] = document
            else:
                files.setdefault(path, []).append(document)
    variables = {normpath(d.path): d for d in documents if isinstance(d, EnvironmentFile)}
    settings = {normpath(d.source.path): d for d in documents if isinstance(d, SettingsFile)}
    return _Tree(folders, files, variables, settings)


def taken(kustomization: Manifest) -> Iterator[tuple[str, Node]]:
    """Yield the folders and files that a kustomization takes in, and what names them."""
    for key in ("resources", "bases", "components"):
        for node in kustomization.root.sequence(key):
            for path in _paths(kustomization, (node,)):
                yield path, node


def _is_named(path: str, named: set[str]) -> bool:
    return normpath(path) in named


def _named(kustomization: Manifest) -> Iterator[str]:
    root = kustomization.root
    for key in ("resources", "bases", "components", "patchesStrategicMerge", "crds"):
        yield from _paths(kustomization, root.sequence(key))
    for key in ("patches", "patchesJson6902", "replacements"):
        for entry in root.mappings(key):
            if entry.text("path"):
                yield _within(kustomization, entry.text("path"))


def _paths(kustomization: Manifest, nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Scalar) and "\n" not in node.text and "://" not in node.text:
            yield _within(kustomization, node.text)


def _within(kustomization: Manifest, path: str) -> str:
    return normpath(join(dirname(kustomization.source.path), path))


def _leaf(folder: str, tree: _Tree) -> Iterator[Manifest]:
    home = tree.folders[folder].source.path
    found = _build(folder, tree)
    parts = (tree.folders[one] for one in _folders([folder], tree))
    entries = [entry for part in parts for entry in part.root.mappings("vars")]
    known = filling.values(entries, found)
    for manifest in renaming.renamed(found):
        told = filling.filled(manifest, known) if known else manifest
        yield replace(told, home=home)


def _build(folder: str, tree: _Tree, around: tuple[str, ...] = ()) -> list[Manifest]:
    kustomization = tree.folders[folder]
    if len(around) >= MAX_DEPTH or folder in around:
        return []
    here = (*around, folder)
    found: list[Manifest] = []
    for key in ("resources", "bases"):
        for path in _paths(kustomization, kustomization.root.sequence(key)):
            if path in tree.folders and path != folder:
                found += _build(path, tree, here)
            else:
                found += tree.files.get(path, [])
    found = _generated(found, kustomization, tree)
    for path in _paths(kustomization, kustomization.root.sequence("components")):
        if path in tree.folders and path != folder:
            part = tree.folders[path]
            found += _build(path, tree, here)
            found = _changed(_generated(found, part, tree), part, tree)
    return _changed(found, kustomization, tree)


def _changed(found: list[Manifest], kustomization: Manifest, tree: _Tree) -> list[Manifest]:
    for patch, target in _patches(kustomization, tree):
        if isinstance(patch, Mapping) and patch.text("$patch") == "delete":
            found = [m for m in found if not target(m)]
            continue
        found = [_patched(m, patch) if target(m) else m for m in found]
    namespace = kustomization.root.get("namespace")
    if isinstance(namespace, Scalar):
        found = [
            replace(m, root=with_value(m.root, ("metadata", "namespace"), namespace)) for m in found
        ]
    for entry in kustomization.root.mappings("replicas"):
        count, name = entry.get("count"), entry.text("name")
        if isinstance(count, Scalar):
            found = [
                replace(m, root=with_value(m.root, ("spec", "replicas"), count))
                if name in (m.name, renaming.shown(m)) and m.kind in _SCALED
                else m
                for m in found
            ]
    prefix, suffix = (kustomization.root.text(key) for key in ("namePrefix", "nameSuffix"))
    if prefix or suffix:
        found = renaming.affixed(found, prefix, suffix)
    return filling.replaced(found, kustomization)


def _patched(manifest: Manifest, patch: Node) -> Manifest:
    """Return an object with a patch, which does not give it another name."""
    name, root = manifest.root.get("metadata", "name"), patched(manifest.root, patch)
    return replace(manifest, root=with_value(root, ("metadata", "name"), name) if name else root)


class Unfollowed:
    """What kustomizations do that is not followed; the tree of them is made once."""

    def __init__(self, documents: Iterable[object]) -> None:
        self._tree = _tree(tuple(documents))

    def of(self, homes: Iterable[str]) -> tuple[str, ...]:
        """Return what kustomizations, or those that they take in, do that is not followed."""
        folders = [dirname(normpath(home)) or "." for home in homes]
        every = _folders(folders, self._tree)
        return tuple(note for one in every for note in _unfollowed(self._tree.folders[one]))


def _folders(waiting: list[str], tree: _Tree) -> Iterator[str]:
    """Yield the folders of kustomizations, and of those that they take in."""
    seen = set[str]()
    while waiting:
        folder = waiting.pop(0)
        if folder not in seen and folder in tree.folders:
            yield folder
            waiting += _named(tree.folders[folder])
        seen.add(folder)


def _unfollowed(kustomization: Manifest) -> Iterator[str]:
    path, root = kustomization.source.path, kustomization.root
    for key in _UNFOLLOWED:
        if root.get(key):
            yield f"what `{key}` of {path} changes is not followed"
    if not all(filling.understood(entry) for entry in root.mappings("replacements")):
        yield f"what `replacements` of {path} changes is not followed"
    for entry in (*root.mappings("patches"), *root.mappings("patchesJson6902")):
        if not is_followed(entry.mapping("target")):
            yield f"a patch of {path} is not followed: which objects it changes is not understood"
    for node in root.sequence("resources"):
        if isinstance(node, Scalar) and ("://" in node.text or "?ref=" in node.text):
            yield f"{path} takes in {node.text}, which is not in the tree"


# --- Patches ---------------------------------------------------------------------------------


def _patches(kustomization: Manifest, tree: _Tree) -> Iterator[tuple[Node, Target]]:
    root = kustomization.root
    for node in root.sequence("patchesStrategicMerge"):
        if isinstance(node, Scalar):
            inline = "\n" in node.text
            for patch in _documents(node, inline, kustomization, tree):
                yield patch, of_patch(patch)
    for key in ("patches", "patchesJson6902"):
        for entry in root.mappings(key):
            inline = entry.get("patch") is not None
            text = entry.get("patch" if inline else "path")
            chosen = entry.mapping("target")
            if not isinstance(text, Scalar):
                continue
            for patch in _documents(text, inline, kustomization, tree):
                yield patch, of_entry(chosen) if chosen.items else of_patch(patch)


def _documents(node: Scalar, inline: bool, kustomization: Manifest, tree: _Tree) -> Iterator[Node]:
    """Yield the patches in a file, or in a text within the kustomization."""
    if inline:
        yield from yaml.read(in_place(node, kustomization.source)).documents
        return
    for manifest in tree.files.get(_within(kustomization, node.text), []):
        yield manifest.patch or manifest.root


def in_place(node: Scalar, source: SourceFile) -> SourceFile:
    """Return the text of a scalar at the lines where it stands, and nothing else.

    The indentation of a literal block stays, so that every place is that in the file around it.
    """
    if node.style != "|":
        return SourceFile(source.path, "\n" * (node.span.start.line - 1) + node.text)
    start, end = node.span.start.line, node.span.end
    last = end.line if end.column > 1 else end.line - 1
    lines = [source.line(number) for number in range(start + 1, last + 1)]
    return SourceFile(source.path, "\n" * start + "\n".join(lines) + "\n")


# --- Generators ------------------------------------------------------------------------------


def _generated(found: list[Manifest], kustomization: Manifest, tree: _Tree) -> list[Manifest]:
    for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for entry in kustomization.root.mappings(key):
            made = _holder(entry, kind, kustomization, tree)
            same = [m for m in found if m.kind == kind and m.name == made.name]
            if same and entry.text("behavior") == "merge":
                merged = replace(same[0], root=patched(same[0].root, made.root))
                found = [merged if m is same[0] else m for m in found]
            else:
                found = [*(m for m in found if m not in same), made]
    return found


def _holder(entry: Mapping, kind: str, kustomization: Manifest, tree: _Tree) -> Manifest:
    """Return the ConfigMap or Secret that a generator makes, without the hash in its name."""
    items: list[Item] = []
    for node in entry.sequence("literals"):
        if isinstance(node, Scalar):
            name, _, value = node.text.partition("=")
            items.append(_item(name, value, node.span))
    single = entry.get("env")
    nodes = (*entry.sequence("envs"), *((single,) if single else ()))
    for path in _paths(kustomization, nodes):
        file = tree.variables.get(path)
        items += [_item(b.name, b.value, b.span) for b in (file.bindings if file else ())]
    items += _of_files(entry, kustomization, tree)
    named = entry.get("name")
    span = named.span if named else entry.span
    metadata = Mapping((_item("name", entry.text("name"), span),), "", span)
    data = Mapping(tuple(items), "", entry.span)
    key = "data" if kind == "ConfigMap" else "stringData"
    root = Mapping((_entry("metadata", metadata), _entry(key, data)), "", entry.span)
    return Manifest(kind, root, kustomization.source)


def _of_files(entry: Mapping, kustomization: Manifest, tree: _Tree) -> Iterator[Item]:
    """Yield the files that a generator takes whole, by their names, or by the key put before."""
    for node in entry.sequence("files"):
        if isinstance(node, Scalar):
            key, _, path = node.text.rpartition("=")
            file = tree.settings.get(_within(kustomization, path))
            if file:
                at = file.source.span(0, len(file.source.text))
                yield _item(key or basename(path), file.source.text, at)


def _item(name: str, value: str, span: Span) -> Item:
    return Item(Scalar(name, "", "", span), Scalar(value, '"', "", span))


def _entry(name: str, value: Mapping) -> Item:
    return Item(Scalar(name, "", "", value.span), value)


def is_kustomization(root: Mapping, path: str) -> bool:
    """Tell whether a document is a kustomization (and not Flux's object of the same kind)."""
    if not ROOT.claims(path):
        return False
    version = root.text("apiVersion")
    if version and not version.startswith("kustomize.config"):
        return False
    kind = root.text("kind")
    return kind in (KIND, "Component") if kind else any(root.get(key) for key in ROOT.keys)
