"""What runs together, as all files of the tree that describe it tell, whatever their format."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from poollint.reading.deployment.compose import compose, layered, projects
from poollint.reading.deployment.formats import (
    FORMATS,
    argocd,
    argocd_apps,
    cloud_foundry,
    copilot,
    flux,
    helmfile,
    heroku,
    knative,
    nomad,
    procfile,
)
from poollint.reading.deployment.gcloud import services as gcloud
from poollint.reading.deployment.helm import charts, releases
from poollint.reading.deployment.images import builds
from poollint.reading.deployment.images.images import Images, images
from poollint.reading.deployment.kubernetes import instances, kubernetes, kustomize, operators
from poollint.reading.deployment.kubernetes.scopes import below, scopes
from poollint.reading.deployment.linking.documents import (
    EnvironmentFile,
    Manifest,
    ProcessFile,
    ScriptFile,
)
from poollint.reading.deployment.linking.environments import Around, Environment, environments
from poollint.reading.deployment.linking.reach import named
from poollint.reading.deployment.pools.pools import aside
from poollint.reading.deployment.programs.recipes import Recipes
from poollint.reading.deployment.terraform import read as terraform
from poollint.reading.deployment.terraform.files import TerraformFile
from poollint.reading.reader import Options


def together(documents: list[object], top: str, options: Options) -> Iterator[Environment]:
    """Yield each environment, as its own files describe it."""
    manifests = [d for d in documents if isinstance(d, Manifest)]
    given = (d for d in documents if isinstance(d, EnvironmentFile))
    composed = [m for m in manifests if m.kind == "Compose"]
    layers = layered.told(documents, {m.source.path for m in composed}) if composed else ()
    found = projects.projects(composed, given, layers)
    built = images(
        documents,
        (b for project in found for b in compose.builds(project)),
        (s for project in found for s in compose.services_built(project)),
        builds.found(documents),
        charts.named(documents),
    )
    recipes = Recipes(documents)
    every = tuple(_renewed(tuple(_described(documents, found, built, top, options))))
    if built.files:
        every = _made(every, Around(tuple(documents), top, built, options))
    for environment_ in _started(every, documents):
        placed = tuple(recipes.followed(one) for one in environment_.placed)
        environment_ = replace(environment_, placed=placed)
        containers = [u.container for placed in environment_.placed for u in placed.units]
        joins = {c.image: built.why(c.image, c.name) for c in containers if c.build and c.image}
        told = tuple((image, text) for image, text in joins.items() if text)
        yield replace(environment_, joins=(*environment_.joins, *told))


def _made(every: tuple[Environment, ...], around: Around) -> tuple[Environment, ...]:
    """Return environments with what the only Dockerfile of a tree makes."""
    only = importlib.import_module("poollint.reading.deployment.images.only")
    return tuple(only.taken(every, around))


def _started(every: tuple[Environment, ...], documents: list[object]) -> tuple[Environment, ...]:
    """Return environments with the scripts and Procfiles that containers start."""
    if not any(isinstance(document, ProcessFile | ScriptFile) for document in documents):
        return every
    beside = importlib.import_module("poollint.reading.deployment.programs.beside")
    return tuple(beside.started(every, documents))


def _described(
    documents: list[object], found: Sequence[projects.Project], built: Images, top: str,
    options: Options,
) -> Iterator[Environment]:  # fmt: skip
    beside = [d for d in documents if isinstance(d, compose.BESIDE)] if found else []
    for project in found:
        placed, dormant, unread = compose.read(project, beside, built, options)
        names = ", ".join(one.workload.name for _, one in dormant)
        asleep = (f"not started, for they belong to profiles: {names}",) if dormant else ()
        notes = (*asleep, *unread)
        name = below(project.scope, top)
        yield Environment(name, project.files[0].source.path, placed, notes, dormant=dormant)
    around = Around(tuple(documents), top, built, options)
    plain = charts.without_templates(documents)
    every = kustomize.built(d for d in plain if not _is_compose(d))
    argo = tuple(m for m in every if m.kind in argocd_apps.KINDS)
    plainly = tuple(m for m in every if m.kind not in (*argocd_apps.KINDS, flux.KIND))
    released = tuple(m for m in every if m.kind == flux.KIND)
    installing = bool(argo) or argocd_apps.any_makes(documents)
    whole = argocd.every(argo, plainly, around) if installing else None
    installed, applied = argocd.environments(whole, plainly) if whole else ((), plainly)
    scaled = instances.scaled((*(d for d in documents if isinstance(d, Manifest)), *applied))
    rendered = any(isinstance(document, charts.ChartFile) for document in documents)
    unfollowed: kustomize.Unfollowed | None = None
    for scope in scopes(applied, top):
        placed = kubernetes.read(scope.manifests, scope.name, built, options)
        serving = (m for m in scope.manifests if m.kind == knative.NAME)
        placed += tuple(knative.placed(m, scope.name, around) for m in serving)
        run = operators.read(scope.manifests, scope.name, named(placed))
        unseen = (
            *instances.lost(scope.manifests),
            *(instances.aimless(scope.manifests, scaled) if not rendered else ()),
        )
        if placed or run or unseen:
            path = scope.manifests[0].path
            homes = {m.home: None for m in scope.manifests if m.home}
            if homes and unfollowed is None:
                unfollowed = kustomize.Unfollowed(plain)
            told = (*scope.notes, *(unfollowed.of(homes) if unfollowed else ()))
            aliases = tuple(kubernetes.aliases(scope.manifests))
            yield Environment(scope.name, path, placed, told, run, unseen=unseen, aliases=aliases)
    for file in (d for d in documents if isinstance(d, ProcessFile)):
        path = file.source.path
        if any(known.describes(file, tuple(documents)) for known in (heroku, cloud_foundry)):
            continue  # another file says more
        yield Environment(below(path, top), path, procfile.place([file], options))
    yield from environments(FORMATS, around)
    yield from copilot.environments(around)
    yield from gcloud.environments(around)
    yield from installed
    yield from flux.environments(released, around)
    given = _installed(whole, around) | flux.installed(released, around)
    yield from charts.environments(around, given)
    yield from nomad.environments(around)
    if any(isinstance(document, TerraformFile) for document in documents):
        yield from terraform.environments(around)


def _renewed(every: Sequence[Environment]) -> Iterator[Environment]:
    """Yield environments without what only gives a new image to a service that another makes."""
    made = {one.called for found in every for one in found.placed} - {""}
    for found in every:
        left = tuple(one for one in found.placed if one.renews not in made)
        if left == found.placed:
            yield found
        elif left or found.operated:
            yield replace(found, placed=left)


def _installed(whole: argocd.Every | None, around: Around) -> releases.Installed:
    """Return the charts that tools of the tree install; those in examples install nothing."""
    files = (d for d in around.documents if isinstance(d, Manifest) and d.kind == helmfile.NAME)
    used = [m for m in files if not aside(below(m.source.path, around.top))]
    found = helmfile.installed(used, around)
    return found | argocd.installed(whole) if whole else found


def _is_compose(document: object) -> bool:
    return isinstance(document, Manifest) and document.kind == "Compose"
