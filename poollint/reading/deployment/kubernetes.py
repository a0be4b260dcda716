"""Kubernetes manifests: workloads, how many instances, their containers and their names.

Sources: kubernetes/api 10b39a39b, apps/v1, batch/v1 and autoscaling/v2 types.go; KEDA docs 2.21
for ScaledObject.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.facts.infrastructure import Variable, Workload
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment import limits
from poollint.reading.deployment.deployed import Address, Placed, Sketch, Unit, units
from poollint.reading.deployment.documents import Manifest, Part
from poollint.reading.deployment.images import Images, copied
from poollint.reading.deployment.variables import is_secret, number, settled, substitute, unknown
from poollint.reading.reader import Options
from poollint.syntax.yaml import Mapping, Node, Scalar

DEFAULT_SURGE = 25  # per cent, RollingUpdateDeployment.maxSurge
KEDA_MAXIMUM = 100  # ScaledObject.maxReplicaCount
WORKLOADS = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job",
     "CronJob", "Pod", "Rollout", "DeploymentConfig")
)  # fmt: skip
OTHERS = frozenset(("HorizontalPodAutoscaler", "ScaledObject", "Service", "ConfigMap", "Secret"))
# Fields of autoscalers: the most instances; the least, and how many these are by default.
_MOST = {"HorizontalPodAutoscaler": "maxReplicas", "ScaledObject": "maxReplicaCount"}
_LEAST = {"HorizontalPodAutoscaler": ("minReplicas", 1), "ScaledObject": ("minReplicaCount", 0)}
_REFERENCE = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)")
_SOURCE = "Kubernetes default"


class _Cluster:
    """The objects that are applied together."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self.manifests = tuple(manifests)
        self._kinds: dict[str, list[Manifest]] = {}
        self._names: dict[tuple[str, str], list[Manifest]] = {}
        for manifest in self.manifests:
            self._kinds.setdefault(manifest.kind, []).append(manifest)
            self._names.setdefault((manifest.kind, manifest.name), []).append(manifest)

    def of(self, kind: str, namespace: str) -> Iterator[Manifest]:
        """Yield the objects of `kind` in `namespace`; an unnamed namespace may be any."""
        return (m for m in self._kinds.get(kind, ()) if _same(m.namespace, namespace))

    def named(self, kind: str, namespace: str, name: str) -> Manifest | None:
        found = self._names.get((kind, name), ())
        return next((m for m in found if _same(m.namespace, namespace)), None)


def read(
    manifests: Iterable[Manifest], scope: str, images: Images, options: Options
) -> tuple[Placed, ...]:
    """Return the workloads of objects that are applied together."""
    cluster = _Cluster(manifests)
    found = (m for m in cluster.manifests if m.kind in WORKLOADS and _is_whole(m))
    return tuple(_placed(m, cluster, scope, images, options) for m in found)


def _is_whole(manifest: Manifest) -> bool:
    """Tell whether it has containers with images: a patch for another object has none."""
    return any(container.text("image") for container in _pod(manifest).mappings("containers"))


def _same(one: str, other: str) -> bool:
    return not one or not other or one == other


def _pod(manifest: Manifest) -> Mapping:
    match manifest.kind:
        case "Pod":
            return manifest.root.mapping("spec")
        case "CronJob":
            return manifest.root.mapping("spec", "jobTemplate", "spec", "template", "spec")
        case _:
            return manifest.root.mapping("spec", "template", "spec")


def _placed(
    manifest: Manifest, cluster: _Cluster, scope: str, images: Images, options: Options
) -> Placed:
    replicas, autoscaled = _replicas(manifest, cluster)
    replicas = settled(replicas, options.assume, f"{manifest.name}.replicas")
    name = manifest.root.get("metadata", "name")
    found = tuple(_units(manifest, cluster, images))
    workload = Workload(
        name=manifest.name or manifest.kind,
        platform="kubernetes",
        kind=manifest.kind,
        span=name.span if name else Span(manifest.source.path, manifest.root.span.start,
                                         manifest.root.span.start),
        scope=scope,
        replicas=replicas,
        surge=_surge(manifest, replicas),
        containers=tuple(unit.container for unit in found),
        autoscaled=autoscaled,
        floor=_floor(manifest, cluster) if autoscaled else None,
        stated=_own(manifest) if autoscaled else None,
    )  # fmt: skip
    addresses = tuple(_addresses(manifest, cluster))
    mounts = tuple(_mounts(manifest, cluster))
    files = [images.of(c.text("image")) for c in _pod(manifest).mappings("containers")]
    inside = [path for folder, file in files for path in copied(file, folder)]
    places = [place for _, file in files if file for _, place in file.copies]
    return Placed(
        workload,
        found,
        manifest.namespace,
        addresses,
        (*mounts, *inside),
        (*_targets(manifest), *places),
    )


def _replicas(manifest: Manifest, cluster: _Cluster) -> tuple[Figure, bool]:
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


def _autoscaler(manifest: Manifest, cluster: _Cluster) -> Figure | None:
    for scaler in _scalers(manifest, cluster):
        field = _MOST[scaler.kind]
        node = scaler.root.get("spec", field)
        if isinstance(node, Scalar):
            return figure(node, "replicas", f"{field} of {scaler.kind} {scaler.name}".rstrip())
        if scaler.kind == "ScaledObject":
            return Figure.defaulted(KEDA_MAXIMUM, "replicas", "KEDA default maxReplicaCount")
    return None


def _scalers(manifest: Manifest, cluster: _Cluster) -> Iterator[Manifest]:
    for kind in _MOST:
        for scaler in cluster.of(kind, manifest.namespace):
            target = scaler.root.mapping("spec", "scaleTargetRef")
            aims = target.text("kind") or "Deployment"
            if target.text("name") == manifest.name and aims == manifest.kind:
                yield scaler


def _floor(manifest: Manifest, cluster: _Cluster) -> Figure | None:
    """Return the least instances that an autoscaler keeps."""
    for scaler in _scalers(manifest, cluster):
        field, default = _LEAST[scaler.kind]
        node = scaler.root.get("spec", field)
        if isinstance(node, Scalar) and not node.is_null:
            return figure(node, "replicas", field)
        return Figure.defaulted(default, "replicas", f"{scaler.kind} default {field}")
    return None


def _own(manifest: Manifest) -> Figure | None:
    """Return the instances that a workload itself asks for, None where it leaves them open."""
    found = _stated(manifest.root, ("spec", "replicas"), 1, "replicas")
    return found if found.basis is Basis.STATED else None


def _surge(manifest: Manifest, replicas: Figure) -> Figure | None:
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


# --- Containers ------------------------------------------------------------------------------


def _units(manifest: Manifest, cluster: _Cluster, images: Images) -> Iterator[Unit]:
    pod = _pod(manifest)
    sidecars = (c for c in pod.mappings("initContainers") if c.text("restartPolicy") == "Always")
    for container in (*pod.mappings("containers"), *sidecars):
        image = container.text("image")
        build, file = images.of(image)
        name = container.get("name")
        sketch = Sketch(
            name=container.text("name") or manifest.name,
            span=name.span if name else container.span,
            image=image,
            variables=tuple(_variables(container, manifest.namespace, cluster)),
            entrypoint=_parts(container, "command"),
            arguments=_parts(container, "args"),
            build=build,
            file=file,
            complete=_complete(container, manifest.namespace, cluster),
            limits=limits.of_kubernetes(container),
        )
        yield from units(sketch, {manifest.source.path: manifest.source})


def _parts(container: Mapping, key: str) -> tuple[Part, ...] | None:
    if container.get(key) is None:
        return None
    nodes = (node for node in container.sequence(key) if isinstance(node, Scalar))
    return tuple(Part(node.text, node.span, "$(" in node.text) for node in nodes)


def _variables(container: Mapping, namespace: str, cluster: _Cluster) -> Iterator[Variable]:
    found: dict[str, Variable] = {}
    for source in container.mappings("envFrom"):
        for variable in _all_of(source, namespace, cluster):
            found[variable.name] = variable
    for entry in container.mappings("env"):
        name = entry.text("name")
        if not name:
            continue
        word, secret = _value(entry, namespace, cluster, found)
        found[name] = Variable(name, word, secret or is_secret(name))
    yield from found.values()


def _all_of(source: Mapping, namespace: str, cluster: _Cluster) -> Iterator[Variable]:
    prefix = source.text("prefix")
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        holder = cluster.named(kind, namespace, source.text(field, "name"))
        for key, word in _data(holder).items() if holder else ():
            name = prefix + key
            yield Variable(name, word, kind == "Secret" or is_secret(name))


def _complete(container: Mapping, namespace: str, cluster: _Cluster) -> bool:
    """Tell whether every ConfigMap and Secret that it takes whole is in the tree.

    Of a chart that is not rendered some variables may be unknown.
    """
    env = container.get("env")
    if isinstance(env, Scalar) and not env.is_null:
        return False
    return not any(isinstance(n, Scalar) for n in container.sequence("env")) and all(
        cluster.named(kind, namespace, source.text(field, "name"))
        for source in container.mappings("envFrom")
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))
        if source.get(field)
    )


def _value(
    entry: Mapping, namespace: str, cluster: _Cluster, before: dict[str, Variable]
) -> tuple[Word, bool]:
    node = entry.get("value")
    if isinstance(node, Scalar):

        def value_of(name: str) -> str | None:
            return before[name].value.value if name in before else None

        text = substitute(node.text, value_of, _REFERENCE)
        return Word(text, Basis.STATED, node.span), False
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        reference = entry.mapping("valueFrom", field)
        if not reference.items:
            continue
        holder = cluster.named(kind, namespace, reference.text("name"))
        word = _data(holder).get(reference.text("key")) if holder else None
        return word or Word(None, Basis.STATED, reference.span), kind == "Secret"
    value = entry.get("valueFrom") or entry
    known = "" if node is None and entry.get("valueFrom") is None else None
    return Word(known, Basis.STATED, value.span), False


def _data(holder: Manifest) -> dict[str, Word]:
    """Return what a ConfigMap or Secret holds; None for a value that is no valid base64."""
    found: dict[str, Word] = {}
    for item in holder.root.mapping("data").items:
        if not isinstance(item.value, Scalar):
            continue
        text: str | None = item.value.text
        if holder.kind == "Secret":
            text = _decoded(item.value.text)
        found[item.key.text] = Word(text, Basis.STATED, item.value.span)
    for item in holder.root.mapping("stringData").items:
        if isinstance(item.value, Scalar):
            found[item.key.text] = Word(item.value.text, Basis.STATED, item.value.span)
    return found


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


# --- Names and files -------------------------------------------------------------------------


def _addresses(manifest: Manifest, cluster: _Cluster) -> Iterator[Address]:
    template = (
        manifest.root if manifest.kind == "Pod" else manifest.root.mapping("spec", "template")
    )
    labels = {
        i.key.text: i.value.text
        for i in template.mapping("metadata", "labels").items
        if isinstance(i.value, Scalar)
    }
    selected = False
    for service in cluster.of("Service", manifest.namespace):
        selector = service.root.mapping("spec", "selector").items
        wanted = {i.key.text: i.value.text for i in selector if isinstance(i.value, Scalar)}
        if wanted and wanted.items() <= labels.items():
            selected = True
            ports = tuple(_ports(service, manifest))
            yield Address(service.name, service.namespace or manifest.namespace, ports)
    if not selected:  # its Service is in no file: people name it like the workload
        yield Address(manifest.name, manifest.namespace)


def _ports(service: Manifest, manifest: Manifest) -> Iterator[tuple[int, int]]:
    named = {
        port.text("name"): port.text("containerPort")
        for container in _pod(manifest).mappings("containers")
        for port in container.mappings("ports")
        if port.text("name")
    }
    for port in service.root.mappings("spec", "ports"):
        target = port.text("targetPort") or port.text("port")
        target = named.get(target, target)
        if port.text("port").isdigit() and target.isdigit():
            yield int(port.text("port")[:6]), int(target[:6])


def _targets(manifest: Manifest) -> Iterator[str]:
    """Yield the paths within the containers at which something is mounted."""
    for container in _pod(manifest).mappings("containers"):
        for mount in container.mappings("volumeMounts"):
            yield mount.text("mountPath")


def _mounts(manifest: Manifest, cluster: _Cluster) -> Iterator[Span]:
    """Yield the place of every ConfigMap and Secret that the pod has as a volume."""
    for volume in _pod(manifest).mappings("volumes"):
        for source in (volume, *volume.mappings("projected", "sources")):
            for kind, name in (
                ("ConfigMap", source.text("configMap", "name")),
                ("Secret", source.text("secret", "secretName") or source.text("secret", "name")),
            ):
                holder = cluster.named(kind, manifest.namespace, name) if name else None
                if holder:
                    yield replace(holder.root.span, path=holder.source.path)
