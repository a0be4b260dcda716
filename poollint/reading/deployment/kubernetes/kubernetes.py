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
from poollint.model.figure import Basis, Word
from poollint.model.source import Span
from poollint.reading.deployment import limits
from poollint.reading.deployment.images.images import Images, copied, placed_by
from poollint.reading.deployment.kubernetes import operated_secrets, volumes
from poollint.reading.deployment.kubernetes.instances import (
    Cluster,
    floor,
    own,
    replicas,
    surge,
    template,
)
from poollint.reading.deployment.linking import credentials
from poollint.reading.deployment.linking.deployed import Address, Placed, Sketch, Unit, units
from poollint.reading.deployment.linking.documents import Manifest, Part
from poollint.reading.deployment.linking.variables import is_secret, settled, substitute
from poollint.reading.reader import Options
from poollint.syntax.sealed import is_sealed
from poollint.syntax.yaml import Mapping, Node, Scalar

WORKLOADS = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job",
     "CronJob", "Pod", "Rollout", "DeploymentConfig", "ScaledJob")
)  # fmt: skip
OTHERS = frozenset(("HorizontalPodAutoscaler", "ScaledObject", "Service", "ConfigMap", "Secret"))
_REFERENCE = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)")


def read(
    manifests: Iterable[Manifest], scope: str, images: Images, options: Options
) -> tuple[Placed, ...]:
    """Return the workloads of objects that are applied together."""
    cluster = Cluster(manifests)
    if any(cluster.of("Rollout", "")):
        cluster = Cluster(template(m, cluster) for m in cluster.manifests)
    found = (m for m in cluster.manifests if m.kind in WORKLOADS and _is_whole(m))
    return tuple(_placed(m, cluster, scope, images, options) for m in found)


def aliases(manifests: Iterable[Manifest]) -> Iterator[tuple[Address, str]]:
    """Yield the Services that are only names for another host, with that host (ExternalName)."""
    for manifest in manifests:
        host = manifest.kind == "Service" and manifest.root.text("spec", "externalName")
        if host:
            yield Address(manifest.name, manifest.namespace), host.lower().rstrip(".")


def _is_whole(manifest: Manifest) -> bool:
    """Tell whether it has containers with images: a patch for another object has none."""
    return any(container.text("image") for container in _pod(manifest).mappings("containers"))


def _pod(manifest: Manifest) -> Mapping:
    match manifest.kind:
        case "Pod":
            return manifest.root.mapping("spec")
        case "CronJob":
            return manifest.root.mapping("spec", "jobTemplate", "spec", "template", "spec")
        case "ScaledJob":
            return manifest.root.mapping("spec", "jobTargetRef", "template", "spec")
        case _:
            return manifest.root.mapping("spec", "template", "spec")


def _placed(
    manifest: Manifest, cluster: Cluster, scope: str, images: Images, options: Options
) -> Placed:
    stated, autoscaled = replicas(manifest, cluster)
    count = settled(stated, options.assume, f"{manifest.name}.replicas")
    more = surge(manifest, count)
    if manifest.given:
        count, more = replace(count, low=0), more and replace(more, low=0)
    name = manifest.root.get("metadata", "name")
    beside, before = _containers(_pod(manifest))
    found = tuple(_units(manifest, beside, cluster, images))
    workload = Workload(
        name=manifest.name or manifest.kind,
        platform="kubernetes",
        kind=manifest.kind,
        span=name.span if name else Span(manifest.source.path, manifest.root.span.start,
                                         manifest.root.span.start),
        scope=scope,
        replicas=count,
        surge=more,
        containers=tuple(unit.container for unit in found),
        autoscaled=autoscaled,
        floor=floor(manifest, cluster) if autoscaled else None,
        stated=own(manifest) if autoscaled else None,
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
        needs=tuple(dict.fromkeys(_lets_in(manifest, cluster))),
        before=tuple(_units(manifest, before, cluster, images)),
        held=tuple(volumes.held(_pod(manifest), manifest.namespace, cluster)),
        files=tuple(pair for folder, file in files for pair in placed_by(file, folder)),
    )


# --- Containers ------------------------------------------------------------------------------


def _containers(pod: Mapping) -> tuple[tuple[Mapping, ...], tuple[Mapping, ...]]:
    """Return the containers that run side by side, and those that end before they start."""
    first = pod.mappings("initContainers")
    sidecars = [one for one in first if one.text("restartPolicy") == "Always"]
    rest = tuple(one for one in first if one not in sidecars)
    return (*pod.mappings("containers"), *sidecars), rest


def _units(
    manifest: Manifest, containers: Iterable[Mapping], cluster: Cluster, images: Images
) -> Iterator[Unit]:
    for container in containers:
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


def _variables(container: Mapping, namespace: str, cluster: Cluster) -> Iterator[Variable]:
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


def _all_of(source: Mapping, namespace: str, cluster: Cluster) -> Iterator[Variable]:
    prefix = source.text("prefix")
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        holder = cluster.named(kind, namespace, source.text(field, "name"))
        for key, word in _data(holder).items() if holder else ():
            name = prefix + key
            yield Variable(name, word, kind == "Secret" or is_secret(name))


def _complete(container: Mapping, namespace: str, cluster: Cluster) -> bool:
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
    entry: Mapping, namespace: str, cluster: Cluster, before: dict[str, Variable]
) -> tuple[Word, bool]:
    node = entry.get("value")
    if isinstance(node, Scalar) and not _is_null(node):
        services = _services(namespace, cluster) if "_SERVICE_" in node.text else {}

        def value_of(name: str) -> str | None:
            return before[name].value.value if name in before else services.get(name)

        text = substitute(node.text, value_of, _REFERENCE)
        return Word(text, Basis.STATED, node.span), False
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        reference = entry.mapping("valueFrom", field)
        if not reference.items:
            continue
        holder = cluster.named(kind, namespace, reference.text("name"))
        word = _data(holder).get(reference.text("key")) if holder else None
        if holder is None and kind == "Secret":
            name, key = reference.text("name"), reference.text("key")
            word = operated_secrets.value(name, key, reference.span, cluster.manifests)
        return word or Word(None, Basis.STATED, reference.span), kind == "Secret"
    value = entry.get("valueFrom") or entry
    known = "" if entry.get("valueFrom") is None and (node is None or _is_null(node)) else None
    return Word(known, Basis.STATED, value.span), False


def _services(namespace: str, cluster: Cluster) -> dict[str, str]:
    """Return what Kubernetes itself sets for each Service of a namespace, its name for its address.

    Source: kubernetes.io, "Service", "Environment variables": `REDIS_PRIMARY_SERVICE_HOST`, and
    `REDIS_PRIMARY_SERVICE_PORT` with its first port.
    """
    found: dict[str, str] = {}
    for manifest in cluster.of("Service", namespace):
        name = f"{manifest.name.upper().replace('-', '_')}_SERVICE"
        found[f"{name}_HOST"] = manifest.name
        ports = manifest.root.mappings("spec", "ports")
        if ports and ports[0].text("port").isdigit():
            found[f"{name}_PORT"] = ports[0].text("port")
    return found


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


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
            text = None if is_sealed(item.value.text) else item.value.text
            found[item.key.text] = Word(text, Basis.STATED, item.value.span)
    return found


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _lets_in(manifest: Manifest, cluster: Cluster) -> Iterator[str]:
    """Yield the names of what shares with a workload the Secret of a database, and of bindings."""
    pod = _pod(manifest)
    yield from credentials.bound(pod, manifest.namespace, cluster)
    own = credentials.taken(pod.mappings("containers"))
    for other in cluster.sharing(own, _secrets) if own else ():
        if other is not manifest:
            yield from (address.host for address in _addresses(other, cluster))


def _secrets(manifest: Manifest) -> frozenset[str]:
    """Return the Secrets from which a workload may take what lets it in to a database."""
    containers = _pod(manifest).mappings("containers") if manifest.kind in WORKLOADS else ()
    return credentials.taken(containers) | credentials.whole(containers)


# --- Names and files -------------------------------------------------------------------------


def _addresses(manifest: Manifest, cluster: Cluster) -> Iterator[Address]:
    template = (
        manifest.root if manifest.kind == "Pod" else manifest.root.mapping("spec", "template")
    )
    labels = {
        i.key.text: i.value.text
        for i in template.mapping("metadata", "labels").items
        if isinstance(i.value, Scalar)
    }
    selected = False
    for service in cluster.selecting(labels, manifest.namespace):
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


def _mounts(manifest: Manifest, cluster: Cluster) -> Iterator[Span]:
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
