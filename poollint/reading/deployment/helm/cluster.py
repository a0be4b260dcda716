"""What a template asks of the cluster, as far as every cluster of today answers the same.

Source: kubernetes.io/docs/reference/using-api/deprecation-guide (groups, and the versions that
removed some); kubernetes.io/releases (1.26 was the last of 2022, and is past every long support).
"""

from __future__ import annotations

import re

from poollint.reading.deployment.helm.functions import PURE
from poollint.reading.deployment.helm.marks import UNKNOWN
from poollint.reading.deployment.helm.worth import Unknown, Worth

_VERSIONS = tuple(f"1.{minor}.0" for minor in range(26, 41))
_SERVED = frozenset(
    ("admissionregistration.k8s.io/v1", "apiextensions.k8s.io/v1", "apiregistration.k8s.io/v1",
     "apps/v1", "authentication.k8s.io/v1", "authorization.k8s.io/v1", "autoscaling/v1",
     "autoscaling/v2", "batch/v1", "certificates.k8s.io/v1", "coordination.k8s.io/v1",
     "discovery.k8s.io/v1", "events.k8s.io/v1", "networking.k8s.io/v1", "node.k8s.io/v1",
     "policy/v1", "rbac.authorization.k8s.io/v1", "scheduling.k8s.io/v1", "storage.k8s.io/v1",
     "v1")
)  # fmt: skip
_REMOVED = frozenset(
    ("admissionregistration.k8s.io/v1beta1", "apiextensions.k8s.io/v1beta1", "apps/v1beta1",
     "apps/v1beta2", "autoscaling/v2beta1", "autoscaling/v2beta2", "batch/v1beta1",
     "batch/v2alpha1", "extensions/v1beta1", "networking.k8s.io/v1beta1", "policy/v1beta1",
     "rbac.authorization.k8s.io/v1beta1")
)  # fmt: skip
_VERSION = re.compile(rf"(?:\$?\.|{UNKNOWN}_)Capabilities[._]KubeVersion(?:[._](?:Git)?Version)?_?")


def serves(api: object) -> bool | None:
    """Tell whether clusters have an API ("apps/v1", "apps/v1/Deployment"), None where some do."""
    parts = str(api).split("/")
    length = 2 if len(parts) > 1 and re.fullmatch(r"v\d\w*", parts[1]) else 1
    group = "/".join(parts[:length])
    return True if group in _SERVED else (False if group in _REMOVED else None)


def compared(condition: object, version: Worth) -> bool | None:
    """Tell whether the version of a cluster fits, None where only that of some does."""
    code = version.code if isinstance(version, Unknown) else version
    if not isinstance(code, str) or not _VERSION.fullmatch(code.strip()):
        return None
    found = {bool(PURE["semverCompare"](condition, one)) for one in _VERSIONS}
    return found.pop() if len(found) == 1 else None
