"""What builds images: workflows, pipelines, Skaffold's and Bake's files, makefiles.

Each build is the name of an image, the folder it is built from and the Dockerfile. What a matrix
or a variable of the file makes of a name is put in; what is made elsewhere is a `*` in the name.

Sources: docker/build-push-action and docker/metadata-action, README; skaffold.dev/docs/references/
yaml (build.artifacts); docs.docker.com/build/bake/reference; cloud.google.com/build/docs/
build-config-file-schema; docs.docker.com/reference/cli/docker/buildx/build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.compose import layered, scaled
from poollint.reading.deployment.gcloud import calls
from poollint.reading.deployment.helm import commands
from poollint.reading.deployment.images import outputs
from poollint.reading.deployment.images.images import Build
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.programs import recipes
from poollint.reading.deployment.screening import Root
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import hcl, shell
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

NAME = "Builds"
KIND = "Config"  # what Skaffold says its files are
MAX_COPIES = 64  # of one job
MAX_DEPTH = 12
_MARKS = (b"docker/build-push-action", b"skaffold/", b"docker build", b"docker buildx build",
          b"cloud-builders/docker", b"podman build", b"/kaniko", *commands.MARKS,
          *calls.PIPELINES)  # fmt: skip
_STARTING = (scaled.MARK, *commands.MARKS, *calls.MARKS)
_NAMES = (".gitlab-ci", "cloudbuild", "pipeline")
_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_SHELL = re.compile(r"\$\{?(\w+)\}?")
_VARIABLE = re.compile(r"(?:\$\{\{[^}]{0,200}\}\}|\$\w+|\$\{[^}]{0,200}\}|\$\([^)]{0,200}\))+")
_LINE = re.compile(r"(?:docker|podman|buildah)\s+(?:buildx\s+)?(?:build|bud)\b")
_COMMANDS = frozenset(("build", "buildx", "bud"))
_ALONE = frozenset(("--push", "--load", "--no-cache", "--pull", "--quiet", "-q", "--rm"))


@dataclass(frozen=True, slots=True)
class BuildFile:
    """A makefile, or a file of Bake, and what it builds."""

    source: SourceFile
    builds: tuple[Build, ...]


def found(documents: Iterable[object]) -> tuple[Build, ...]:
    """Return what files of the tree build."""
    builds: list[Build] = []
    for document in documents:
        if isinstance(document, BuildFile):
            builds += document.builds
        elif isinstance(document, Manifest) and document.kind == NAME:
            builds += _of_manifest(document)
    return tuple(dict.fromkeys(builds))


def _suits(root: Mapping, path: str) -> bool:
    if _is_skaffold(root, path) or ".github/workflows/" in path:
        return True
    if not any(word in path for word in _NAMES):  # most are none: their names are not looked at
        return False
    name = basename(path)
    steps = bool(root.get("steps")) and not root.get("jobs")
    return ".gitlab-ci" in name or (steps and ("cloudbuild" in name or "pipeline" in name))


def _is_skaffold(root: Mapping, path: str) -> bool:
    named = "skaffold" in path and basename(path).startswith("skaffold")
    return named or root.text("apiVersion").startswith("skaffold/")


def _read(manifest: Manifest, around: Around) -> Environment | None:
    return None  # it runs nothing


FORMAT = Format(NAME, Root(marks=_MARKS), _suits, _read)


def _of_manifest(manifest: Manifest) -> Iterator[Build]:
    root, path = manifest.root, manifest.source.path
    if root.get("jobs"):
        yield from _of_workflow(root, path)
    elif _is_skaffold(root, path):
        yield from _of_skaffold(root, path)
    else:
        yield from _of_texts(root, path)


# --- GitHub's workflows ----------------------------------------------------------------------


def _of_workflow(root: Mapping, path: str) -> Iterator[Build]:
    outer = _texts(root.get("env"), "env.")
    for item in root.mapping("jobs").items:
        if isinstance(item.value, Mapping):
            job, known = item.value, dict[str, str]()
            names = {**outer, **_texts(job.get("env"), "env.")}
            for row in _matrix(job.mapping("strategy", "matrix")):
                known = {**names, **row}
                yield from _of_job(job, known, path)
            given = _texts(job.get("outputs"), f"needs.{item.key.text}.outputs.")
            outer |= {name: _put(text, known) for name, text in given.items()}


def _of_job(job: Mapping, known: dict[str, str], path: str) -> Iterator[Build]:
    """Yield what a job builds; to what is `known` comes what its steps give out."""
    for step in job.mappings("steps"):
        uses, given = step.text("uses"), step.mapping("with")
        made = f"steps.{step.text('id')}.outputs."
        if uses.startswith("docker/metadata-action"):
            known[f"{made}tags"] = _put(given.text("images"), known)
        elif uses.startswith("docker/build-push-action"):
            context = _put(given.text("context"), known).removeprefix("{{defaultContext}}:") or "."
            file = _put(given.text("file"), known)
            for image in re.split(r"[\s,]+", _put(given.text("tags"), known)):
                yield from _build(image, context, file, path, "")
        elif step.text("run"):
            folder = _put(step.text("working-directory"), known)
            text = _put(step.text("run"), known)
            own = {n: _put(t, known) for n, t in _texts(step.get("env"), "env.").items()}
            script = outputs.script(text, _shell(known | own))
            yield from _of_line(text, dict(script.assigned), folder, path)
            for name, value in script.written.items():
                known |= {f"{made}{name}": value, f"env.{name}": value}


def _matrix(matrix: Mapping) -> list[dict[str, str]]:
    """Return the names that each copy of a job knows."""
    lists = [
        [(f"matrix.{i.key.text}", value) for value in i.value.items]
        for i in matrix.items
        if isinstance(i.value, Sequence) and i.key.text not in ("include", "exclude")
    ]
    rows = [_row(dict(pairs)) for pairs in list(product(*lists))[:MAX_COPIES]] if lists else []
    rows += [_texts(more, "matrix.") for more in matrix.mappings("include")]
    return rows or [{}]


def _row(pairs: dict[str, Node]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, node in pairs.items():
        if isinstance(node, Scalar):
            found[name] = node.text
        else:
            found |= _texts(node, f"{name}.")
    return found


def _texts(node: Node | None, prefix: str) -> dict[str, str]:
    items = node.items if isinstance(node, Mapping) else ()
    return {f"{prefix}{i.key.text}": i.value.text for i in items if isinstance(i.value, Scalar)}


def _put(text: str, known: dict[str, str], depth: int = 0) -> str:
    """Return a text with what its expressions stand for; one that is not known stays."""
    whole = _EXPRESSION.sub(lambda match: known.get(match[1], f"${{{{{match[1]}}}}}"), text)
    return whole if whole == text or depth > MAX_DEPTH else _put(whole, known, depth + 1)


def _shell(known: dict[str, str]) -> dict[str, str]:
    """Return the variables that a shell of a workflow knows."""
    return {name[4:]: text for name, text in known.items() if name.startswith("env.")}


# --- Others ----------------------------------------------------------------------------------


def _of_skaffold(root: Mapping, path: str) -> Iterator[Build]:
    for artifact in root.mappings("build", "artifacts"):
        docker = artifact.mapping("docker")
        context = artifact.text("context") or "."
        file = docker.text("dockerfile") or artifact.text("kaniko", "dockerfile") or "Dockerfile"
        yield from _build(artifact.text("image"), context, join(context, file), path, dirname(path))


def _of_texts(root: Mapping, path: str) -> Iterator[Build]:
    """Yield what the commands of a pipeline build, wherever they stand in it."""
    known = _texts(root.get("variables"), "") | _texts(root.get("substitutions"), "")
    for step in root.mappings("steps"):
        words = [n.text for n in step.sequence("args") if isinstance(n, Scalar)]
        if "cloud-builders/docker" in step.text("name") or "kaniko" in step.text("name"):
            yield from _of_words(words, known, step.text("dir"), path)
    for item in root.items:
        job = item.value
        if isinstance(job, Mapping):
            own = known | _texts(job.get("variables"), "")
            for key in ("before_script", "script"):
                node = job.get(key)
                nodes = node.items if isinstance(node, Sequence) else (node,)
                for line in nodes:
                    if isinstance(line, Scalar):
                        yield from _of_line(line.text, own, "", path)


def _of_line(text: str, known: dict[str, str], folder: str, path: str) -> Iterator[Build]:
    if not _LINE.search(text) and "kaniko" not in text:
        return
    for command in shell.commands(text.replace("\\\n", " ")):
        words = [word.text for word in command.words]
        if words and (_LINE.match(" ".join(words[:3])) or words[0].startswith("/kaniko")):
            yield from _of_words(words[1:], known, folder, path)


def _of_words(words: list[str], known: dict[str, str], folder: str, path: str) -> Iterator[Build]:
    """Yield what the arguments of `docker build`, or of kaniko, build."""
    tags: list[str] = []
    file, context, before = "", "", ""
    for word in (
        w for raw in words for w in (raw.split("=", 1) if raw.startswith("--") else [raw])
    ):
        word = _SHELL.sub(lambda match: known.get(match[1], match[0]), word)
        if before in ("-t", "--tag", "--destination"):
            tags.append(word)
        elif before in ("-f", "--file", "--dockerfile"):
            file = word
        elif before == "--context":
            context = word.removeprefix("dir://")
        elif before in ("", *_ALONE) and not word.startswith("-") and word not in _COMMANDS:
            context = word
        before = word if word.startswith("-") and len(word) > 1 else ""
    for tag in tags:
        yield from _build(tag, context or ".", file, path, folder)


def _build(image: str, context: str, file: str, origin: str, folder: str) -> Iterator[Build]:
    """Yield a build whose files are known; a Dockerfile is named from where one builds."""
    name = _VARIABLE.sub("*", image).rpartition("/")[2].partition(":")[0]
    if not name or any("$" in text for text in (name, context, file)) or "://" in context:
        return
    if "*" in name:
        image = name
    context = normpath(join(folder, context.lstrip("/")))
    path = normpath(join(folder, file)) if file else normpath(join(context, "Dockerfile"))
    yield Build(re.sub(r"\$\{\{[^}]{0,200}\}\}|\$\w+|\$\{\w+\}", "_", image), context, path, origin)


# --- Files that are no YAML ------------------------------------------------------------------


def _claims(path: str) -> bool:
    name = basename(path)
    return name.lower() in ("makefile", "gnumakefile") or name.endswith((".mk", ".hcl"))


def _screen(data: bytes, options: Options) -> bool:
    if recipes.may_start(data) or layered.MARK.search(data):
        return True
    if b"dockerfile" in data or b"context" in data:
        return any(mark in data for mark in (b"target", *_STARTING))
    return any(mark in data for mark in (b" build", *_STARTING))


def _read_file(source: SourceFile, options: Options) -> FileReading:
    if basename(source.path).endswith(".hcl"):
        builds = tuple(_of_bake(source))
        return FileReading(source.path, "builds", documents=_built(source, builds))
    readers: tuple[Callable[[SourceFile], object], ...] = (
        scaled.read, layered.read, commands.read, calls.read_makefile,
    )  # fmt: skip
    told = (*_built(source, tuple(_of_makefile(source))), *(read(source) for read in readers))
    documents = tuple(filter(None, told))
    run = recipes.of_makefile(source)
    if run is None:
        return FileReading(source.path, "builds", documents=documents)
    # What it starts counts only where something that is deployed starts it.
    return FileReading(
        source.path, "builds" if documents else "launch", documents=(*documents, run)
    )


def _built(source: SourceFile, builds: tuple[Build, ...]) -> tuple[BuildFile, ...]:
    return (BuildFile(source, builds),) if builds else ()


READER = Reader("builds", python=False, claims=_claims, screen=_screen, read=_read_file)


def _of_bake(source: SourceFile) -> Iterator[Build]:
    body = hcl.read(source)
    for block in body.of("target") if isinstance(body, hcl.Body) else ():
        context, file = _constant(block.body.get("context")), block.body.get("dockerfile")
        tags = block.body.get("tags")
        for tag in tags.items if isinstance(tags, hcl.Array) else ():
            home = context or "."
            path = join(home, _constant(file) or "Dockerfile")
            yield from _build(_constant(tag), home, path, source.path, dirname(source.path))


def _constant(expression: hcl.Expression | None) -> str:
    """Return a text, with `_` for what is put into it."""
    if isinstance(expression, hcl.Constant):
        return expression.text
    if isinstance(expression, hcl.Template):
        return "".join(p.text if isinstance(p, hcl.Constant) else "_" for p in expression.parts)
    return ""


def _of_makefile(source: SourceFile) -> Iterator[Build]:
    text = source.text.replace("\\\n", " ")
    assigned = re.findall(r"(?m)^(?:export\s+)?(\w+)\s*[:?]?=\s*([^\s#$]+)\s*$", text)
    known = dict(assigned)
    for row in text.split("\n"):
        if row.startswith("\t") and _LINE.search(row):
            line = re.sub(r"\$\((\w+)\)", r"${\1}", row.strip().lstrip("@-"))
            yield from _of_line(line, known, dirname(source.path), source.path)
