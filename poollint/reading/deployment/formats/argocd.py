"""Argo CD: the charts of the tree that Applications install, each with the values of its source.

What is installed in one cluster belongs together: charts, and the kustomizations and plain objects
that Applications apply beside them; where there are no charts, those are read as they lie in the
tree. That a path of the tree is meant, and not the same one of another repository, is taken for
granted. Of ApplicationSets those with lists, and with folders of the repository, are worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Sequence_
from typing import NamedTuple

from poollint.reading.deployment.formats.argocd_apps import KINDS
from poollint.reading.deployment.formats.argocd_tree import Application, Tree
from poollint.reading.deployment.helm.releases import Installed
from poollint.reading.deployment.kubernetes import kubernetes, operators
from poollint.reading.deployment.kubernetes.scopes import Scope, below, by_namespace, clash
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment
from poollint.reading.deployment.linking.reach import named
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.pools.pools import aside
from poollint.syntax.yaml import Mapping

_GROUP = "argoproj.io/"


def is_one(root: Mapping) -> bool:
    """Tell whether a document is an Application, or an ApplicationSet, of Argo CD."""
    return root.text("kind") in KINDS and root.text("apiVersion").startswith(_GROUP)


class Every(NamedTuple):
    """All Applications of a tree, by the objects that make them; charts are worked out once."""

    tree: Tree
    made: tuple[tuple[Manifest, list[Application]], ...]


def every(manifests: Iterable[Manifest], applied: Sequence_[Manifest], around: Around) -> Every:
    """Return the Applications that objects and charts make; `applied` are all other objects."""
    tree = Tree(around, applied)
    return Every(tree, tuple(tree.every(manifests)))


def environments(
    whole: Every, applied: Sequence_[Manifest]
) -> tuple[tuple[Environment, ...], tuple[Manifest, ...]]:
    """Return what the Applications of each cluster install, and what of `applied` is left."""
    tree = whole.tree
    clusters: dict[str, list[Application]] = {}
    unknown: list[str] = []
    for manifest, made in whole.made:
        if not made and tree.may_install(manifest):
            unknown.append(manifest.name)
        for one in made:
            clusters.setdefault(one.cluster, []).append(one)
    told: tuple[str, ...] = ()
    if unknown:
        told = (f"what {quoted(unknown)} may install, whose generators are not followed",)
    changing = [one.name for every in clusters.values() for one in every if tree.changes(one)]
    if changing:
        told += (f"what `kustomize` of {quoted(changing)} changes, which is not followed",)
    found: list[Environment] = []
    for cluster, applications in clusters.items():
        found += _of_cluster(cluster, applications, tree, told if not found else ())
    if told and not found:
        found.append(Environment("Argo CD", "", (), unseen=told))
    return tuple(found), tuple(m for m in applied if id(m) not in tree.taken)


def installed(whole: Every) -> Installed:
    """Return the charts of the tree that Applications install; those in examples install none."""
    tree, found = whole.tree, Installed()
    for one in (one for _, made in whole.made for one in made):
        if not (one.origin and aside(below(one.origin, tree.around.top))):
            for source in one.sources:
                found |= tree.installed(one, source)
    return found


def _of_cluster(
    cluster: str, applications: list[Application], tree: Tree, told: tuple[str, ...]
) -> Iterator[Environment]:
    """Yield what a cluster holds; what would overwrite each other is not installed together."""
    made = {id(one): list(tree.made(one)) for one in applications}
    if any(made.values()) or any(one.name in tree.asking for one in applications):
        for one in applications:
            made[id(one)] += tree.beside(one)
    whole = [manifest for one in applications for manifest in made[id(one)]]
    parts = by_namespace(cluster or "Argo CD", whole)
    if clash(whole):
        parts = [Scope(one.name, tuple(made[id(one)])) for one in applications]
    for part in parts:
        found = _environment(part, applications, tree, told)
        if found.placed or found.operated or found.asking or found.unseen:
            yield found
            told = ()


def _environment(
    part: Scope, applications: list[Application], tree: Tree, told: tuple[str, ...]
) -> Environment:
    around, made = tree.around, part.manifests
    placed = kubernetes.read(made, part.name, around.images, around.options)
    run = operators.read(made, part.name, named(placed))
    lost = any(one.name in tree.lost for one in applications)
    unseen = (*told, *tree.told(applications)) if placed or run or lost else told
    notes = (note for one in applications for note in tree.notes.get(one.name, ()))
    return Environment(
        part.name,
        applications[0].manifest.source.path,
        placed,
        tuple(dict.fromkeys(notes)),
        run,
        unseen=unseen,
        aliases=tuple(kubernetes.aliases(made)),
        asking=tuple(ask for one in applications for ask in tree.asking.get(one.name, ())),
    )
