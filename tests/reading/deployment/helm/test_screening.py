"""Which templates are worked out at all."""

from __future__ import annotations

import pytest

from poollint.reading.deployment.helm.screening import may_count

INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: web}\n"
GUARDED = "{{- if .Values.on }}\n%s{{- end }}\n"


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (INGRESS, False),
        (GUARDED % INGRESS, False),
        (INGRESS + "---\n" + INGRESS.replace("Ingress", '"NetworkPolicy"'), False),
        (INGRESS + '  labels:\n    {{- include "shop.labels" . | nindent 4 }}\n', False),
        (JOB, True),
        (INGRESS + "---\n" + JOB, True),
        (INGRESS.replace("Ingress", "{{ .Values.kind }}"), True),
        (INGRESS.replace("Ingress", "Widget"), True),
        (INGRESS + "---\n  " + JOB.replace("\n", "\n  "), True),
        (INGRESS + "---\n" + '{{ include "shop.web" . }}\n', True),
        (INGRESS.replace("Ingress", "Role") + "items:\n- kind: Job\n", True),
        ('{{ include "shop.web" . }}\n', True),
    ],
)
def test_a_template_counts_unless_all_that_it_makes_opens_nothing(text: str, counts: bool) -> None:
    assert may_count(text) is counts
