"""Which templates of a chart are worked out: not those that only make what opens no connection.

Sources: kubernetes.io/docs/reference/kubernetes-api (1.34); the custom resources of cert-manager,
External Secrets, Istio, Prometheus' operator and Traefik.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Nothing that is told of connections is in one of these.
_OTHERS = frozenset(
    """AlertmanagerConfig AuthorizationPolicy Certificate CiliumNetworkPolicy ClusterIssuer
    ClusterPolicy ClusterRole ClusterRoleBinding ClusterSecretStore CustomResourceDefinition
    DestinationRule ExternalSecret Gateway GrafanaDashboard HTTPRoute Ingress IngressClass
    IngressRoute Issuer LimitRange Middleware MutatingWebhookConfiguration NetworkPolicy
    PeerAuthentication PersistentVolume PersistentVolumeClaim PodDisruptionBudget PodMonitor
    PodSecurityPolicy PriorityClass PrometheusRule Role RoleBinding SecretStore ServiceAccount
    ServiceMonitor StorageClass ValidatingWebhookConfiguration VerticalPodAutoscaler
    VirtualService""".split()
)
_KIND = re.compile(r"^kind:[ \t]*[\"']?([^\"'\s]*)", re.M)
# What is written by another template, or stands deeper in the text, may be anything.
_OPEN = re.compile(
    r"^[ \t]+apiVersion:|^[ \t]*\{\{-?[ \t]*(?:include|template|tpl|toYaml)\b(?![^}\n]*indent)"
    r"|^items:",
    re.M,
)


@lru_cache(maxsize=4096)  # a template is worked out with each set of values
def may_count(text: str) -> bool:
    """Tell by its text whether a template may make an object that counts for connections."""
    kinds = _KIND.findall(text)
    return not kinds or not _OTHERS.issuperset(kinds) or _OPEN.search(text) is not None
