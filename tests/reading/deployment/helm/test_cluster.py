"""What every cluster answers a template, and what only some do."""

from __future__ import annotations

import pytest

from poollint.reading.deployment.helm.cluster import compared, serves
from poollint.reading.deployment.helm.marks import unknown
from poollint.reading.deployment.helm.worth import Unknown, Worth

VERSION = Unknown(".Capabilities.KubeVersion.Version")


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ("v1", True),
        ("apps/v1", True),
        ("networking.k8s.io/v1/Ingress", True),
        ("v1/Secret", True),
        ("policy/v1beta1", False),
        ("extensions/v1beta1/Ingress", False),
        ("keda.sh/v1alpha1", None),
        ("monitoring.coreos.com/v1/ServiceMonitor", None),
    ],
)
def test_groups_of_every_cluster_are_known(api: str, expected: bool | None) -> None:
    assert serves(api) is expected


@pytest.mark.parametrize(
    ("condition", "version", "expected"),
    [
        (">=1.19-0", VERSION, True),
        ("<1.21-0", VERSION, False),
        (">=99.0-0", VERSION, False),
        (">=1.31-0", VERSION, None),
        (">=1.19-0", Unknown("$.Capabilities.KubeVersion.GitVersion"), True),
        (">=1.19-0", unknown(VERSION.code), True),
        (">=1.19-0", Unknown("Release.Namespace"), None),
    ],
)
def test_versions_that_every_cluster_has_are_known(
    condition: str, version: Worth, expected: bool | None
) -> None:
    assert compared(condition, version) is expected
