"""Templates of charts, worked out without Helm; what Helm writes stands beside them."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm.filling import root_of
from poollint.reading.deployment.helm.rendering import Chart, root
from poollint.syntax.gotemplate import MalformedError, parse

VALUES = """
name: shop
count: 3
ratio: 1.5
empty: ""
nothing: ~
off: false
hosts: [b, a]
env: {B: two, A: 1}
pgs: {architecture: replication}
own: {fullnameOverride: mine}
image: {tag: "7", repository: r/x}
many: "{{ .Values.name }}-{{ .Release.Name }}"
"""
DEFINED = """
{{- define "shop.fullname" -}}
{{- if .Values.off }}never{{ else }}{{ .Release.Name }}-{{ .Values.name | trunc 3 }}{{ end -}}
{{- end -}}
{{- define "shop.pair" -}}
{{ .first }}={{ .second.name }}
{{- end -}}
{{- define "shop.lines" -}}
one: 1
two: {{ .Values.count }}
{{- end -}}
{{- define "shop.open" -}}
{{- if .Capabilities.X }}v1{{ else }}v2{{ end -}}
{{- end -}}
"""


def chart() -> Chart:
    about = root_of(SourceFile("Chart.yaml", "name: shop\nappVersion: '9'\n"))
    values = root_of(SourceFile("values.yaml", VALUES))
    return Chart(root(values, "rel", about), dict(parse(DEFINED).defined), "rel-shop")


def written(text: str) -> str:
    made = chart()
    return made.marks.resolved(made.written(text).text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ .Values.count }}", "3"),
        ("{{ .Values.count | quote }}", '"3"'),
        ('{{ `say "{{ x }}" a\\b` | quote }}', r'"say \"{{ x }}\" a\\b"'),
        ("{{ .Values.image.repository }}:{{ .Values.image.tag }}", "r/x:7"),
        ("{{ .Chart.AppVersion }} {{ .Chart.Name }} {{ .Release.Name }}", "9 shop rel"),
        ("{{ .Values.missing | default 5 }}", "5"),
        ("{{ .Values.empty | default .Values.name }}", "shop"),
        ("{{ default 2 .Values.nothing }}", "2"),
        ("{{ coalesce .Values.nothing .Values.empty .Values.name }}", "shop"),
        ('{{ ternary "a" "b" .Values.off }}', "b"),
        ('{{ include "shop.fullname" . }}', "rel-sho"),
        ('{{ template "shop.fullname" . }}', "rel-sho"),
        ('{{ include "other.fullname" . }}', "rel-shop"),
        ('{{ include "pg.v1.primary.fullname" .Subcharts.pg }}', "rel-pg"),
        ('{{ include "pg.v1.primary.fullname" .Subcharts.pgs }}', "rel-pgs-primary"),
        ('{{ include "pg.v1.secret.fullname" $.Subcharts.own }}', "mine"),
        ('{{ include "shop.pair" (dict "first" "f" "second" .Values) }}', "f=shop"),
        ('a:\n{{ include "shop.lines" . | indent 2 }}', "a:\n  one: 1\n  two: 3"),
        ("{{ tpl .Values.many . }}", "shop-rel"),
        ("{{ if and .Values.count (not .Values.off) }}y{{ else }}n{{ end }}", "y"),
        ("{{ if or .Values.off .Values.empty }}y{{ else }}n{{ end }}", "n"),
        ("{{ if eq .Values.count 3.0 }}y{{ end }}", "y"),
        ('{{ if ne (toString .Values.off) "false" }}y{{ else }}n{{ end }}', "n"),
        ('{{ if eq (.Values.count | toString) "3" }}y{{ end }}', "y"),
        ("{{ if eq (int .Values.image.tag) 7 }}y{{ end }}", "y"),
        ("{{ if eq (float64 .Values.ratio) 1.5 }}y{{ end }}", "y"),
        ("{{ int .Values.ratio }}", "1"),
        ('{{ dig "image" "tag" "x" .Values.AsMap }}', "7"),
        ('{{ if eq .Values.image.tag "7" }}y{{ end }}', "y"),
        ("{{ if gt (int .Values.count) 2 }}y{{ end }}", "y"),
        ("{{ with .Values.image }}{{ .tag }}{{ $.Values.name }}{{ end }}", "7shop"),
        ("{{ with .Values.nothing }}x{{ else }}z{{ end }}", "z"),
        ("{{ range .Values.hosts }}{{ . }},{{ end }}", "b,a,"),
        ("{{ range $i, $h := .Values.hosts }}{{ $i }}{{ $h }}{{ end }}", "0b1a"),
        ("{{ range $k, $v := .Values.env }}{{ $k }}={{ $v }};{{ end }}", "A=1;B=two;"),
        ("{{ range .Values.nothing }}x{{ else }}none{{ end }}", "none"),
        ("{{ range until 3 }}{{ . }}{{ end }}", "012"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
        ('{{ printf "%s-%d-%q" .Values.name 3 "a" }}', 'shop-3-"a"'),
        ('{{ .Values.name | upper | replace "H" "-" | trimSuffix "P" }}', "S-O"),
        ("{{ add .Values.count 2 }} {{ mul 2 3 }} {{ max 1 4 2 }}", "5 6 4"),
        ('{{ join "," .Values.hosts }} {{ len .Values.hosts }}', "b,a 2"),
        ('{{ (index .Values.hosts 1) }} {{ get .Values.env "B" }}', "a two"),
        ('{{ hasKey .Values "name" }} {{ has "a" .Values.hosts }}', "true true"),
        ('{{ semverCompare ">=1.19-0" "1.29.0" }}', "true"),
        ("{{ toYaml .Values.hosts }}", "- b\n- a"),
        ("{{ toYaml .Values.env }}", "A: 1\nB: two"),
        ("{{ toJson .Values.hosts }}", '["b", "a"]'),
        ('{{ merge (dict "a" 1) (dict "a" 2 "b" 3) | toYaml }}', "a: 1\nb: 3"),
        ('{{ regexReplaceAll "[aeiou]" .Values.name "-" }}', "sh-p"),
    ],
)
def test_it_is_written_as_helm_writes_it(text: str, expected: str) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{ .Values.missing }}",
        '{{ .Files.Get "x" }}',
        "{{ randAlphaNum 5 }}",
        "{{ now }}",
        '{{ include "not.there" . }}',
        '{{ include "shop.open" . }}',
        '{{ required "give it" .Values.missing }}',
        "{{ upper .Capabilities.KubeVersion }}",
    ],
)
def test_what_only_helm_knows_stays_unknown(text: str) -> None:
    assert "HELM_" in written(text)


def test_of_an_open_condition_the_first_branch_is_written() -> None:
    assert written('{{ if .Capabilities.APIVersions.Has "v1" }}a{{ else }}b{{ end }}') == "a"


def test_lines_are_those_of_the_template() -> None:
    made = chart()
    found = made.written('a\n{{ include "shop.lines" . }}\n{{- range .Values.hosts }}\n- x\n'
                         "{{- end }}\nb\n")  # fmt: skip
    assert found.text.split("\n") == ["a", "one: 1", "two: HELM_LEAF_0__", "- x", "- x", "b", ""]
    assert found.lines == (1, 2, 2, 4, 4, 6, 7)


@pytest.mark.parametrize(
    "text",
    [
        "{{ range until 900 }}{{ range until 900 }}x{{ end }}{{ end }}",
        '{{ $x := "ab" }}{{ range until 99 }}{{ $x = cat $x $x }}{{ end }}',
        "{{ $x := list 1 2 }}{{ range until 99 }}{{ $x = concat $x $x }}{{ end }}",
        '{{ $x := set .Values "self" .Values }}{{ toYaml .Values }}',
        '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
    ],
)
def test_what_would_not_end_is_told(text: str) -> None:
    made = chart()
    made.defined.update(parse(text).defined)
    with pytest.raises(MalformedError):
        made.written(text)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a*)*{2}"])
def test_a_pattern_that_would_not_end_is_not_tried(pattern: str) -> None:
    text = f'{{{{ regexMatch "{pattern}" "{"a" * 60}" }}}}'
    assert "HELM_" in written(text)


def test_a_document_that_begins_behind_its_separator_is_one_of_its_own() -> None:
    found = chart().written("a: 1\n---\n{{- if .Values.count -}}\nb: 2\n{{- end }}\n")
    assert found.text == "a: 1\n---\nb: 2\n"
    assert found.lines == (1, 2, 2, 6)
