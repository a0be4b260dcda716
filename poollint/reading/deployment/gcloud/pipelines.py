"""Where pipelines hold commands of `gcloud`: GitHub's workflows, Cloud Build, GitLab's jobs.

Source: google-github-actions/deploy-cloudrun and deploy-cloud-functions, README (inputs);
cloud.google.com/build/docs/build-config-file-schema (`entrypoint`, `args`, `script`,
`substitutions`).
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile
from poollint.reading.deployment.gcloud.calls import (
    DEPLOY,
    FUNCTION,
    JOB,
    Call,
    Known,
    of_text,
    of_words,
)
from poollint.reading.deployment.kubernetes.kustomize import in_place
from poollint.reading.deployment.linking.documents import Manifest, Part
from poollint.syntax import shell
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

_SERVICES, _FUNCTIONS = "deploy-cloudrun@", "deploy-cloud-functions@"
_ACTIONS = "google-github-actions/"
_SHELLS = frozenset(("bash", "sh", "/bin/bash", "/bin/sh"))
_INPUTS = {"image": "--image", "source": "--source", "region": "--region",
           "project_id": "--project", "env_vars": "--set-env-vars",
           "secrets": "--set-secrets", "runtime": "--runtime", "source_dir": "--source",
           "environment_variables": "--set-env-vars", "max_instance_count": "--max-instances",
           "max_instance_request_concurrency": "--concurrency"}  # fmt: skip


def calls(manifest: Manifest) -> Iterator[Call]:
    """Yield the commands of a pipeline, in its order."""
    root, source = manifest.root, manifest.source
    known = _given(root.get("env")) | _given(root.get("variables"))
    known |= _given(root.get("substitutions"))
    for step in root.mappings("steps"):
        yield from _of_build(step, known, source)
    for item in root.mapping("jobs").items:
        if isinstance(item.value, Mapping):
            own = known | _given(item.value.get("env"))
            for step in item.value.mappings("steps"):
                yield from _of_step(step, own | _given(step.get("env")), source)
    for item in root.items:
        if isinstance(item.value, Mapping):
            own = known | _given(item.value.get("variables"))
            for node in _lines(item.value):
                yield from _of_text(node, own, source)


def _given(node: Node | None) -> dict[str, Variable]:
    items = node.items if isinstance(node, Mapping) else ()
    return {
        i.key.text: Variable(i.key.text, Word(_stated(i.value), Basis.STATED, i.value.span))
        for i in items
        if isinstance(i.value, Scalar)
    }


def _stated(node: Scalar) -> str | None:
    return None if "$" in node.text else node.text


def _of_text(node: Node | None, known: Known, source: SourceFile) -> Iterator[Call]:
    if isinstance(node, Scalar) and "gcloud" in node.text:
        yield from of_text(in_place(node, source), known, ".")


def _lines(job: Mapping) -> Iterator[Node]:
    """Yield the lines of a job of GitLab's."""
    for key in ("before_script", "script", "after_script"):
        node = job.get(key)
        yield from node.items if isinstance(node, Sequence) else ((node,) if node else ())


# --- Cloud Build -----------------------------------------------------------------------------


def _of_build(step: Mapping, known: Known, source: SourceFile) -> Iterator[Call]:
    """Yield the command that a step of Cloud Build runs, or those of its script."""
    yield from _of_text(step.get("script"), known, source)
    nodes = [n for n in step.sequence("args") if isinstance(n, Scalar)]
    entry = step.text("entrypoint")
    if entry in _SHELLS:
        for node in nodes:
            yield from _of_text(node, known, source)
        return
    words = [Part(node.text, node.span) for node in nodes]
    if entry == "gcloud" or step.text("name").endswith("/gcloud"):
        words = [Part("gcloud", step.span), *words]
    yield from of_words(words, known, source, step.text("dir") or ".")


# --- GitHub's workflows ----------------------------------------------------------------------


def _of_step(step: Mapping, known: Known, source: SourceFile) -> Iterator[Call]:
    yield from _of_text(step.get("run"), known, source)
    given, (kind, name) = step.mapping("with"), _deployed(step)
    if not isinstance(name, Scalar):
        return
    words = [Part("gcloud", step.span), *(Part(text, step.span) for text in kind)]
    words.append(Part(name.text, name.span))
    for key, option in _INPUTS.items():
        node = given.get(key)
        if isinstance(node, Scalar) and node.text.strip():
            lines = (line.strip().rstrip(",") for line in node.text.splitlines())
            words.append(Part(f"{option}={','.join(filter(None, lines))}", node.span))
    flags = given.get("flags")
    if isinstance(flags, Scalar):
        words += [Part(word.text, flags.span, word.expands) for word in shell.words(flags.text)]
    yield from of_words(words, known, source, ".")


def _deployed(step: Mapping) -> tuple[tuple[str, ...], Node | None]:
    """Return what command of `gcloud` one of Google's actions is, and the name it is given."""
    action, given = step.text("uses").removeprefix(_ACTIONS), step.mapping("with")
    if action.startswith(_FUNCTIONS) and not action.startswith(
        (f"{_FUNCTIONS}v0", f"{_FUNCTIONS}v1")
    ):
        return (*FUNCTION, "--gen2"), given.get("name")
    if action.startswith(_SERVICES):
        return (JOB, given.get("job")) if given.get("job") else (DEPLOY, given.get("service"))
    return (), None
