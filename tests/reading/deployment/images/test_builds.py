"""Images that pipelines build, joined to the Dockerfiles they are built of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.images import builds
from poollint.reading.deployment.images.images import Build, Images, images
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

WORKFLOW = """
    name: release
    env:
      REGISTRY: ghcr.io/acme
    jobs:
      image:
        strategy:
          matrix:
            include:
              - {name: shop-api, folder: services/api}
              - {name: shop-jobs, folder: services/jobs}
        steps:
          - uses: docker/metadata-action@v5
            id: meta
            with:
              images: ${{ env.REGISTRY }}/${{ matrix.name }}
          - uses: docker/build-push-action@v6
            with:
              context: ${{ matrix.folder }}
              file: ${{ matrix.folder }}/Dockerfile.prod
              tags: ${{ steps.meta.outputs.tags }}
    """
PIPELINE = """
    variables: {IMAGE: registry.example/shop}
    build:
      script:
        - docker build --pull -t $IMAGE/web:$CI_COMMIT_SHA -f docker/web.Dockerfile .
    """
SKAFFOLD = """
    apiVersion: skaffold/v4beta6
    kind: Config
    build:
      artifacts:
        - image: shop-web
          context: web
          docker: {dockerfile: prod.Dockerfile}
    """
CLOUD_BUILD = """
    steps:
      - name: gcr.io/cloud-builders/docker
        args: [build, -t, 'gcr.io/$PROJECT_ID/web:$SHORT_SHA', --file=web/Dockerfile, web]
    """
BAKE = """
    variable "TAG" { default = "1" }
    target "web" {
      context    = "web"
      dockerfile = "prod.Dockerfile"
      tags       = ["acme/shop-web:${TAG}"]
    }
    """
MAKEFILE = """
    IMAGE ?= acme/shop-web

    image:
    \t@docker build -t $(IMAGE):latest \\
    \t  -f web/Dockerfile web
    """


def found(path: str, text: str) -> list[tuple[str, str, str]]:
    documents = [d for reading in readings({path: text}) for d in reading.documents]
    return [(b.image.partition(":")[0], b.folder, b.path) for b in builds.found(documents)]


@pytest.mark.parametrize(
    ("path", "text", "build"),
    [
        (".gitlab-ci.yml", PIPELINE, ("registry.example/shop/web", ".", "docker/web.Dockerfile")),
        ("skaffold.yaml", SKAFFOLD, ("shop-web", "web", "web/prod.Dockerfile")),
        ("cloudbuild.yaml", CLOUD_BUILD, ("gcr.io/_/web", "web", "web/Dockerfile")),
        ("docker-bake.hcl", BAKE, ("acme/shop-web", "web", "web/prod.Dockerfile")),
        ("Makefile", MAKEFILE, ("acme/shop-web", "web", "web/Dockerfile")),
        ("ci/Makefile", "image:\n\tdocker build -t a/b .\n", ("a/b", "ci", "ci/Dockerfile")),
    ],
)
def test_what_builds_an_image_is_read(path: str, text: str, build: tuple[str, str, str]) -> None:
    assert found(path, text) == [build]


def test_each_row_of_a_matrix_builds_an_image_of_its_own() -> None:
    assert found(".github/workflows/release.yml", WORKFLOW) == [
        ("ghcr.io/acme/shop-api", "services/api", "services/api/Dockerfile.prod"),
        ("ghcr.io/acme/shop-jobs", "services/jobs", "services/jobs/Dockerfile.prod"),
    ]


@pytest.mark.parametrize(
    "tag", ["${{ github.repository }}", "ghcr.io/${{ github.repository }}:1", "$CI_REGISTRY_IMAGE"]
)
def test_a_name_that_is_made_elsewhere_is_not_known(tag: str) -> None:
    text = (
        "jobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n"
        f"          tags: {tag}\n"
    )
    assert found(".github/workflows/ci.yml", text) == [("*", ".", "Dockerfile")]


@pytest.mark.parametrize("text", ["jobs: [a]\n", "jobs: {a: {steps: docker build}}\n", "jobs:\n"])
def test_odd_workflows_build_nothing(text: str) -> None:
    source = SourceFile(".github/workflows/ci.yml", f"# docker build\n{text}")
    reading = readings({source.path: source.text})[0]
    assert builds.found(reading.documents) == ()


DEPLOYED = {
    ".github/workflows/release.yml": WORKFLOW,
    "services/api/Dockerfile.prod": 'FROM python:3\nCMD ["gunicorn", "-w", "3", "api:app"]\n',
    "services/jobs/Dockerfile.prod": 'FROM python:3\nCMD ["celery", "worker", "-c", "7"]\n',
    "deploy/db.yaml": """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec: {template: {spec: {containers: [{name: db, image: 'postgres:16'}]}}}
        """,
    "deploy/api.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api}
        spec:
          replicas: 2
          template:
            spec:
              containers:
                - name: api
                  image: ghcr.io/acme/shop-api:abc
                  env:
                    - {name: DATABASE_URL, value: 'postgresql://db/shop'}
                    - {name: DB_POOL_SIZE, value: '5'}
        """,
}


def test_a_workload_runs_what_a_pipeline_builds() -> None:
    api, _ = linking.workloads(linking.described(readings(DEPLOYED), (), Options()))[::-1]
    (container,) = api.containers
    assert container.build == "services/api"
    assert container.process
    assert container.process.processes.high == 3


def test_a_join_by_the_name_of_an_image_is_told() -> None:
    told = topology(DEPLOYED).assumed
    assert (
        "`ghcr.io/acme/shop-api:abc` is taken to be made of services/api/Dockerfile.prod, "
        "which .github/workflows/release.yml builds"
    ) in told


def test_a_join_by_the_name_of_a_folder_is_told() -> None:
    files = {k: v for k, v in DEPLOYED.items() if not k.startswith((".github", "services"))}
    files["shop-api/Dockerfile"] = 'FROM python:3\nCMD ["gunicorn", "-w", "3", "api:app"]\n'
    (told,) = topology(files).assumed
    assert told.endswith("is taken to be made of shop-api/Dockerfile, by its name")


def test_two_builds_of_one_name_join_nothing() -> None:
    build = Build("a/web:1", "one", "one/Dockerfile", "ci.yml")
    files = (SourceFile("one/Dockerfile", "FROM x\n"), SourceFile("two/Dockerfile", "FROM x\n"))
    documents = [d for f in files for d in readings({f.path: f.text})[0].documents]
    both = images(documents, released=(build, Build("b/web:1", "two", "two/Dockerfile", "ci.yml")))
    assert both.of("c/web:2") == ("", None)
    assert both.of("b/web:2")[0] == "two"


def of_two(one: str, other: str, *released: Build) -> Images:
    """Return the images of a tree whose Dockerfile and Dockerfile.prod start as is said."""
    texts = {"Dockerfile": one, "Dockerfile.prod": other}
    files = {path: f"FROM python:3\nCMD {text}\n" for path, text in texts.items()}
    documents = [d for reading in readings(files) for d in reading.documents]
    return images(documents, released=released, charts=(("shop", "charts/shop"),))


def test_an_image_that_two_workflows_build_of_two_files_starts_nothing_for_certain() -> None:
    first = Build("acme/shop:latest", ".", "Dockerfile", "ci.yml")
    second = replace(first, path="Dockerfile.prod", origin="release.yml")
    both = of_two("celery worker", "gunicorn -w 4 a:b", first, second)
    assert both.of("acme/shop:latest") == (".", None)
    assert both.why("acme/shop:latest") == (
        "`acme/shop:latest` may be made of Dockerfile, which ci.yml builds, "
        "or of Dockerfile.prod, which release.yml builds"
    )
    alike = of_two("gunicorn -w 4 a:b", "gunicorn -w 4 a:b", first, second)
    _, file = alike.of("acme/shop:latest")
    assert file
    assert file.source.path == "Dockerfile"


@pytest.mark.parametrize(
    ("image", "path"), [("acme/shop:1.2", "Dockerfile.prod"), ("acme/shop:dev", "Dockerfile")]
)
def test_of_several_builds_that_of_the_tag_is_meant(image: str, path: str) -> None:
    first = Build("acme/shop:dev", ".", "Dockerfile", "ci.yml")
    second = Build("acme/shop:1.2", ".", "Dockerfile.prod", "release.yml")
    _, file = of_two("celery worker", "gunicorn -w 4 a:b", first, second).of(image)
    assert file
    assert file.source.path == path


def test_what_is_built_under_a_name_that_no_file_tells_may_be_the_image_of_a_chart() -> None:
    nameless = Build("*", ".", "Dockerfile.prod", "release.yml")
    known = of_two("celery worker", "gunicorn -w 4 a:b", nameless)
    assert known.of("acme/shop:1") == (".", None)
    assert known.why("acme/shop:1") == (
        "`acme/shop:1` may be made of Dockerfile, by its name, "
        "or of Dockerfile.prod, which release.yml builds"
    )
    other = replace(nameless, image="*-jobs")
    assert of_two("celery worker", "a", other).of("acme/shop:1")[1] is not None
    elsewhere = replace(nameless, folder="web", path="Dockerfile")
    assert of_two("celery worker", "a", elsewhere).of("acme/shop:1")[1] is not None


@pytest.mark.parametrize(("length", "names"), [(9, ["*"]), (300, [])])
def test_only_what_is_short_stands_for_a_name_that_is_made_elsewhere(
    length: int, names: list[str]
) -> None:
    """What has no end is looked at only so far: a text of nothing but signs takes no time."""
    text = f"all:\n\tdocker build -t ${{{'x' * length}:-y}} .\n"
    assert [image for image, _, _ in found("Makefile", text)] == names


GIVING = """
    env: {REGISTRY: ghcr.io/acme}
    jobs:
      names:
        outputs: {web: "${{ steps.pick.outputs.web }}"}
        steps:
          - id: pick
            run: |
              REPO="${{ env.REGISTRY }}/${{ github.ref_name }}"
              echo "web=$REPO/shop-web" >> "$GITHUB_OUTPUT"
              if test "$DAY" = Sunday; then NAME=weekly; else NAME=daily; fi
              echo "jobs=${REPO}/${NAME}" >> $GITHUB_OUTPUT
              echo "JOBS_FILE=jobs/Dockerfile" >> $GITHUB_ENV
          - uses: docker/build-push-action@v6
            with: {tags: "${{ steps.pick.outputs.jobs }}:1", file: "${{ env.JOBS_FILE }}"}
      image:
        needs: names
        steps:
          - uses: docker/build-push-action@v6
            with: {context: web, tags: "${{ needs.names.outputs.web }}:${{ github.sha }}"}
          - env: {NAME: shop-admin}
            run: |
              IMAGE="$REGISTRY/$NAME"
              docker build -t "$IMAGE" admin
    """


def test_what_steps_and_jobs_give_out_names_images() -> None:
    assert found(".github/workflows/release.yml", GIVING) == [
        ("*", ".", "jobs/Dockerfile"),
        ("ghcr.io/acme/_/shop-web", "web", "web/Dockerfile"),
        ("ghcr.io/acme/shop-admin", "admin", "admin/Dockerfile"),
    ]
