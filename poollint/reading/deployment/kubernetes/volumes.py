"""Files of settings that containers have as volumes: ConfigMaps and Secrets, or keys of them."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.kubernetes.instances import Cluster
from poollint.reading.deployment.kubernetes.kustomize import in_place
from poollint.reading.deployment.linking.documents import SETTINGS, Manifest
from poollint.syntax.yaml import Mapping, Scalar


def held(pod: Mapping, namespace: str, cluster: Cluster) -> Iterator[tuple[str, str, SourceFile]]:
    """Yield each file of settings of a pod: its container, its path there, its text in place."""
    volumes = {volume.text("name"): volume for volume in pod.mappings("volumes")}
    for container in pod.mappings("containers"):
        for mount in container.mappings("volumeMounts"):
            at, part = mount.text("mountPath"), mount.text("subPath")
            volume = volumes.get(mount.text("name"))
            for path, source in _files(volume, namespace, cluster) if volume and at else ():
                if not part or part == path:
                    yield container.text("name"), normpath(at if part else join(at, path)), source


def _files(volume: Mapping, namespace: str, cluster: Cluster) -> Iterator[tuple[str, SourceFile]]:
    """Yield the files of settings of a volume by their paths within it."""
    for source in (volume, *volume.mappings("projected", "sources")):
        for kind, field, name in (
            ("ConfigMap", "configMap", source.text("configMap", "name")),
            ("Secret", "secret", source.text("secret", "secretName")),
            ("Secret", "secret", source.text("secret", "name")),
        ):
            holder = cluster.named(kind, namespace, name) if name else None
            items = source.mapping(field).mappings("items")
            paths = {item.text("key"): item.text("path") for item in items}
            if holder:
                yield from _named(holder, paths)


def _named(holder: Manifest, paths: dict[str, str]) -> Iterator[tuple[str, SourceFile]]:
    """Yield what a ConfigMap or Secret holds that is a file of settings under its path.

    `paths` are those of its keys, none where each has its own name.
    """
    for key, text in _texts(holder):
        path = paths.get(key, "") if paths else key
        if SETTINGS.fullmatch(basename(path)):
            yield path, in_place(text, _around(text, holder))


def _texts(holder: Manifest) -> Iterator[tuple[str, Scalar]]:
    """Yield the texts of a ConfigMap or Secret by their keys; encoded ones are left out."""
    for item in holder.root.mapping("data" if holder.kind == "ConfigMap" else "stringData").items:
        if isinstance(item.value, Scalar):
            yield item.key.text, item.value


def _around(text: Scalar, holder: Manifest) -> SourceFile:
    """Return the file that a text stands in: a generator takes it from one of its own."""
    path = text.span.path
    return holder.source if path == holder.source.path else SourceFile(path, text.text)
