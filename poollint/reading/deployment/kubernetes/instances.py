"""How many instances of a workload Kubernetes runs: those asked for, autoscaled, rolled out.

Source: kubernetes/api 10b39a39b (apps/v1, batch/v1, autoscaling/v2); kedacore/keda-docs a55c5d34
for ScaledObject and ScaledJob; argoproj/argo-rollouts 9f8d111d8 for Rollout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, ItemsView, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.variables import number, unknown
from poollint.syntax.yaml import Item, Mapping, Node, Scalar

DEFAULT_SURGE = 25  # per cent, RollingUpdateDeployment.maxSurge
KEDA_MAXIMUM = 100  # ScaledObject.maxReplicaCount
_HPA = "HorizontalPodAutoscaler"
# Fields of autoscalers: the most instances; the least, and how many these are by default.
_MOST = {_HPA: "maxReplicas", "ScaledObject": "maxReplicaCount"}
_LEAST = {_HPA: ("minReplicas", 1), "ScaledObject": ("minReplicaCount", 0)}
_SCALED = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout"))
_SOURCE = "Kubernetes default"
# A Service, its place among all of them, and the labels that it selects.
Selecting: TypeAlias = tuple[int, Manifest, ItemsView[str, str]]


class Cluster:
    """The objects that are applied together, found by what others call them."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self.manifests = tuple(manifests)
        self._kinds: dict[str, list[Manifest]] = {}
        self._names: dict[str, dict[str, list[Manifest]]] = {}  # of the kinds that were asked for
        for manifest in self.manifests:
            self._kinds.setdefault(manifest.kind, []).append(manifest)
        self._scalers: dict[tuple[str, str], list[Manifest]] | None = None
        self._services: dict[tuple[str, str], list[Selecting]] | None = None
        self._secrets: dict[str, list[int]] | None = None

    def of(self, kind: str, namespace: str) -> Iterator[Manifest]:
        """Yield the objects of `kind` in `namespace`; an unnamed namespace may be any."""
        return (m for m in self._kinds.get(kind, ()) if same(m.namespace, namespace))

    def named(self, kind: str, namespace: str, name: str) -> Manifest | None:
        if kind not in self._names:
            names = self._names[kind] = {}
            for manifest in self._kinds.get(kind, ()):
                names.setdefault(manifest.name, []).append(manifest)
        found = self._names[kind].get(name, ())
        return next((m for m in found if same(m.namespace, namespace)), None)

    def scalers(self, manifest: Manifest) -> Iterator[Manifest]:
        """Yield the autoscalers that scale a workload, in the order of `_MOST`."""
        if self._scalers is None:
            self._scalers = {}
            for scaler in (m for kind in _MOST for m in self._kinds.get(kind, ())):
                self._scalers.setdefault(aim(scaler), []).append(scaler)
        found = self._scalers.get((manifest.kind, manifest.name), ())
        near = (m for m in found if same(m.namespace, manifest.namespace))
        return (m for m in near if not _is_switched_off(m, manifest))

    def sharing(
        self, names: Iterable[str], secrets: Callable[[Manifest], Iterable[str]]
    ) -> Iterator[Manifest]:
        """Yield in their order the objects of whose `secrets` one is among the names."""
        if self._secrets is None:
            self._secrets = {}
            for at, manifest in enumerate(self.manifests):
                for name in secrets(manifest):
                    self._secrets.setdefault(name, []).append(at)
        found = {at for name in names for at in self._secrets.get(name, ())}
        yield from (self.manifests[at] for at in sorted(found))

    def selecting(self, labels: dict[str, str], namespace: str) -> Iterator[Manifest]:
        """Yield the Services that select pods with these labels, in their order."""
        if self._services is None:
            self._services = _services(self._kinds.get("Service", ()))
        found = (one for label in labels.items() for one in self._services.get(label, ()))
        for _, service, wanted in sorted(found, key=lambda one: one[0]):
            if wanted <= labels.items() and same(service.namespace, namespace):
                yield service


def _services(services: Iterable[Manifest]) -> dict[tuple[str, str], list[Selecting]]:
    """Return Services, each under one of the labels that it selects."""
    found: dict[tuple[str, str], list[Selecting]] = {}
    for at, service in enumerate(services):
        items = service.root.mapping("spec", "selector").items
        wanted = {i.key.text: i.value.text for i in items if isinstance(i.value, Scalar)}
        for label in wanted.items():
            found.setdefault(label, []).append((at, service, wanted.items()))
            break
    return found


def _is_switched_off(scaler: Manifest, manifest: Manifest) -> bool:
    """Tell whether an autoscaler leaves a workload alone that asks for no instance at all.

    Source: kubernetes.io, "Horizontal Pod Autoscaling" (implicit maintenance-mode deactivation):
    not where it may scale to nothing itself. KEDA starts the first instance by its own rules.
    """
    if scaler.kind != _HPA or scaler.root.text("spec", "minReplicas") == "0":
        return False
    return manifest.root.text("spec", "replicas") == "0"


def same(one: str, other: str) -> bool:
    return not one or not other or one == other


def template(manifest: Manifest, cluster: Cluster) -> Manifest:
    """Return a workload with its pods; a Rollout may take those of a Deployment that it names."""
    if manifest.kind != "Rollout":
        return manifest
    reference = manifest.root.mapping("spec", "workloadRef")
    other = cluster.named(reference.text("kind"), manifest.namespace, reference.text("name"))
    pods = other.root.get("spec", "template") if other else None
    spec = manifest.root.get("spec")
    if pods is None or not isinstance(spec, Mapping) or spec.get("template"):
        return manifest
    whole = replace(spec, items=(*spec.items, Item(_word("template", spec), pods)))
    items = (replace(i, value=whole) if i.value is spec else i for i in manifest.root.items)
    return replace(manifest, root=replace(manifest.root, items=tuple(items)))


def lost(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Yield in words the Rollouts whose pods another object has that is not there."""
    cluster = Cluster(manifests)
    for manifest in cluster.of("Rollout", ""):
        name = manifest.root.text("spec", "workloadRef", "name")
        whole = template(manifest, cluster)
        if name and not whole.root.get("spec", "template"):
            yield f"what Rollout `{manifest.name}` runs, for `{name}` is not in the tree"


def aim(scaler: Manifest) -> tuple[str, str]:
    """Return the kind and the name of what an autoscaler scales."""
    target = scaler.root.mapping("spec", "scaleTargetRef")
    return target.text("kind") or "Deployment", target.text("name")


def with_scalers(parts: Iterable[list[Manifest]]) -> Iterator[list[Manifest]]:
    """Yield groups of objects, each with the autoscalers that have nothing to scale in their own.

    Files that state one workload in two ways are applied instead of each other: what scales the
    one scales the other.
    """
    groups = list(parts)
    known = [{(m.kind, m.name) for m in group} for group in groups]
    idle = [
        scaler
        for group, names in zip(groups, known, strict=True)
        for scaler in group
        if scaler.kind in _MOST and aim(scaler) not in names
    ]
    for group, names in zip(groups, known, strict=True):
        spaces = {(m.kind, m.name): m.namespace for m in group}
        fit = (s for s in idle if aim(s) in names and same(s.namespace, spaces[aim(s)]))
        yield [*group, *fit]


def is_scaler(manifest: Manifest) -> bool:
    """Tell whether an object sets how many instances of another there are."""
    return manifest.kind in _MOST


def scaled(manifests: Iterable[Manifest]) -> frozenset[tuple[str, str]]:
    """Return the kinds and names of all that an autoscaler may scale."""
    return frozenset((m.kind, m.name) for m in manifests if m.kind in _SCALED)


def aimless(manifests: Iterable[Manifest], known: Container[tuple[str, str]]) -> Iterator[str]:
    """Yield in words the autoscalers of what no file describes: `known` are kinds and names."""
    for scaler in manifests:
        if scaler.kind not in _MOST:
            continue
        kind, name = aim(scaler)
        plain = bool(name) and not any(sign in name for sign in "${<")
        if kind in _SCALED and plain and (kind, name) not in known:
            yield f"what {scaler.kind} `{scaler.name}` scales, for {kind} `{name}` is in no file"


def _word(text: str, at: Node) -> Scalar:
    return Scalar(text, "", "", at.span)


def replicas(manifest: Manifest, cluster: Cluster) -> tuple[Figure, bool]:
    """Return the instances in the steady state, and whether an autoscaler sets them."""
    root, kind = manifest.root, manifest.kind
    if kind in ("Job", "CronJob"):
        spec = root.mapping("spec", "jobTemplate", "spec") if kind == "CronJob" else (
            root.mapping("spec")
        )  # fmt: skip
        suspended = root.text("spec", "suspend") == "true"
        if suspended:
            return _figure(root.get("spec", "suspend"), 0, "parallelism"), False
        return _at_once(spec, kind), False
    if kind == "ScaledJob":
        return _jobs(root), True
    if kind == "Pod":
        return Figure(1, 1, "replicas", Basis.STATED, root.span, "one Pod"), False
    if kind == "DaemonSet":
        return unknown("replicas", "one on each node", "DaemonSet"), False
    scaler = _autoscaler(manifest, cluster)
    if scaler:
        return scaler, True
    return _stated(root, ("spec", "replicas"), 1, "replicas"), False


def _at_once(spec: Mapping, kind: str) -> Figure:
    """Return the pods of one run: never more than have to succeed (batch/v1, JobSpec).

    How many runs of a CronJob overlap depends on how long they take.
    """
    most = _stated(spec, ("parallelism",), 1, "parallelism")
    wanted = _stated(spec, ("completions",), most.low, "completions")
    least = wanted if wanted.basis is Basis.STATED and wanted.low < most.low else most
    return replace(least, hint="one run") if kind == "CronJob" else least


def _jobs(root: Mapping) -> Figure:
    """Return the pods of all jobs that KEDA runs at once."""
    pods = _at_once(root.mapping("spec", "jobTargetRef"), "ScaledJob")
    jobs = _stated(root, ("spec", "maxReplicaCount"), KEDA_MAXIMUM, "replicas")
    if jobs.basis is Basis.DEFAULTED:
        jobs = Figure.defaulted(KEDA_MAXIMUM, "replicas", "KEDA default maxReplicaCount")
    if pods.low == 1 or Basis.UNKNOWN in (jobs.basis, pods.basis):
        return jobs
    total, hint = jobs.low * pods.low, f"{pods.low} pods of each job"
    return replace(jobs, low=total, high=total, hint=hint)


def _autoscaler(manifest: Manifest, cluster: Cluster) -> Figure | None:
    asked = _stated(manifest.root, ("spec", "replicas"), 1, "replicas")
    every = [
        replace(found, low=min(found.low, asked.low)) if scaler.given else found
        for scaler in cluster.scalers(manifest)
        if (found := most(scaler))
    ]
    return max(every, key=lambda figure: figure.high or 0) if every else None


def most(scaler: Manifest) -> Figure | None:
    """Return the most instances that an autoscaler starts, None for what is none."""
    field = _MOST.get(scaler.kind, "")
    node = scaler.root.get("spec", field) if field else None
    if isinstance(node, Scalar):
        return figure(node, "replicas", f"{field} of {scaler.kind} {scaler.name}".rstrip())
    if scaler.kind == "ScaledObject":
        return Figure.defaulted(KEDA_MAXIMUM, "replicas", "KEDA default maxReplicaCount")
    return None


def floor(manifest: Manifest, cluster: Cluster) -> Figure | None:
    """Return the least instances that an autoscaler keeps; a ScaledJob is its own."""
    if manifest.kind == "ScaledJob":
        node = manifest.root.get("spec", "minReplicaCount")
        if isinstance(node, Scalar) and not node.is_null:
            return figure(node, "replicas", "minReplicaCount")
        return Figure.defaulted(0, "replicas", "KEDA default minReplicaCount")
    for scaler in cluster.scalers(manifest):
        field, default = _LEAST[scaler.kind]
        node = scaler.root.get("spec", field)
        if isinstance(node, Scalar) and not node.is_null:
            return figure(node, "replicas", field)
        return Figure.defaulted(default, "replicas", f"{scaler.kind} default {field}")
    return None


def own(manifest: Manifest) -> Figure | None:
    """Return the instances that a workload itself asks for, None where it leaves them open."""
    found = _stated(manifest.root, ("spec", "replicas"), 1, "replicas")
    return found if found.basis is Basis.STATED else None


def surge(manifest: Manifest, replicas: Figure) -> Figure | None:
    """Return how many instances run besides the steady ones during a rollout, rounded up."""
    strategy = manifest.root.mapping("spec", "strategy")
    if manifest.kind == "Rollout" and replicas.high:
        return _of_rollout(strategy, replicas)
    if manifest.kind != "Deployment" or not replicas.high or strategy.text("type") == "Recreate":
        return None
    return _share(strategy.get("rollingUpdate", "maxSurge"), replicas)


def _of_rollout(strategy: Mapping, replicas: Figure) -> Figure | None:
    """Return what an Argo Rollout starts besides (argo-rollouts 9f8d111d8, docs/features)."""
    green = strategy.get("blueGreen")
    most = replicas.high
    if green is not None:
        preview = strategy.get("blueGreen", "previewReplicaCount")
        if isinstance(preview, Scalar):
            return figure(preview, "surge", "previewReplicaCount")
        return Figure(most or 1, most, "surge", Basis.DERIVED, green.span, "blueGreen")
    routing = strategy.get("canary", "trafficRouting")
    if routing is not None:  # as many canaries as the weight asks for, beside all of the others
        return Figure(0, most, "surge", Basis.DERIVED, routing.span, "trafficRouting")
    return _share(strategy.get("canary", "maxSurge"), replicas)


def _share(node: Node | None, replicas: Figure) -> Figure | None:
    """Return what `maxSurge` says, a number or a part of the replicas; its default if unset."""
    if not isinstance(node, Scalar):
        return surge_of(replicas)
    hint = f"maxSurge {node.text}"
    percent = re.fullmatch(r"(\d{1,4})%", node.text.strip())
    if percent:
        extra = -(-(replicas.high or 0) * int(percent[1]) // 100)
        return Figure(extra, extra, "surge", Basis.DERIVED, node.span, hint) if extra else None
    stated = number(Word(node.text, Basis.STATED, node.span), "surge", hint)
    return stated if stated and stated.low > 0 else None


def surge_of(replicas: Figure) -> Figure | None:
    """Return the instances that a Deployment starts besides by default."""
    if not replicas.high:
        return None
    extra = -(-replicas.high * DEFAULT_SURGE // 100)
    return Figure.defaulted(extra, "surge", f"{_SOURCE}: maxSurge {DEFAULT_SURGE}%")


def _stated(root: Mapping, path: tuple[str, ...], default: int, name: str) -> Figure:
    node = root.get(*path)
    if isinstance(node, Scalar) and not node.is_null:
        return figure(node, name)
    return Figure.defaulted(default, name, _SOURCE)


def figure(node: Scalar, name: str, hint: str = "") -> Figure:
    """Return the number that a field holds, unknown where it holds none."""
    found = number(Word(node.text, Basis.STATED, node.span), name, hint)
    if found is None or found.low < 0:
        return unknown(name, node.span, hint)
    return found


def _figure(node: Node | None, value: int, name: str) -> Figure:
    return Figure.stated(value, name, node.span) if node else Figure.defaulted(value, name, _SOURCE)
