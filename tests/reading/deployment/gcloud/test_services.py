"""What scripts and pipelines deploy with `gcloud`, and what they make."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.facts.topology import Topology
from poollint.model.figure import Basis
from tests.reading.deployment.arranging import topologies, topology

ENGINE = """
    import os
    from sqlalchemy import create_engine

    engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=1)
    """
IMAGE = 'FROM python:3.12\nCOPY . .\nCMD ["uvicorn", "shop.db:app"]\n'
CODE = {"shop/db.py": ENGINE, "Dockerfile": IMAGE}
MADE = """
    gcloud sql instances create shop-db --database-version=POSTGRES_16 \\
      --tier db-custom-2-7680 --database-flags=work_mem=4096,max_connections=90 --region us-east1
    """
DEPLOYED = """
    REGION=us-east1
    export PROJECT=$(gcloud config get-value project)
    gcloud run deploy shop --source . --region "$REGION" --max-instances=12 --quiet \\
      --add-cloudsql-instances "$PROJECT:$REGION:shop-db" \\
      --set-env-vars "DATABASE_URL=postgresql://shop@/a?host=/cloudsql/$PROJECT:$REGION:shop-db"
    """


def sums(found: Topology) -> dict[str, list[tuple[str, int | None]]]:
    """Return what the clients of each server may open, by its name and theirs."""
    return {
        one.server.name: [(c.name, c.entry.total.high) for c in one.clients]
        for one in found.servers
    }


def workload(script: str) -> Workload:
    (found,) = topology({"deploy.sh": MADE + script, **CODE}).workloads
    return found


def test_a_script_deploys_what_connects_to_the_instance_that_it_makes() -> None:
    found = topology({"deploy.sh": MADE + DEPLOYED, **CODE})
    assert sums(found) == {"shop-db": [("shop", 60)]}
    (server,) = found.servers
    limit, version = server.server.max_connections, server.server.version
    assert (limit.low, limit.hint, version) == (90, "--database-flags", "16")


def test_an_instance_may_be_made_by_another_file() -> None:
    found = topology({"infra/setup.sh": MADE, "deploy.sh": DEPLOYED, **CODE})
    assert sums(found) == {"shop-db": [("shop", 60)]}


WORKFLOW = """
    on: push
    env: {REGION: us-east1}
    jobs:
      deploy:
        steps:
          - run: |
              gcloud run deploy shop --max-instances 7 --source . \\
                --set-cloudsql-instances ${{ secrets.PROJECT }}:$REGION:shop-db
    """
ACTION = """
    on: push
    jobs:
      deploy:
        steps:
          - uses: google-github-actions/deploy-cloudrun@v2
            with:
              service: shop
              source: .
              env_vars: |
                LOG=1
                INSTANCE_CONNECTION_NAME=acme:us-east1:shop-db
              flags: --max-instances=7 --concurrency 20
    """
BUILD = """
    steps:
      - name: gcr.io/cloud-builders/docker
        args: [build, -t, "gcr.io/$PROJECT_ID/shop", .]
      - name: gcr.io/google.com/cloudsdktool/cloud-sdk
        STEP
    substitutions: {_MOST: "7"}
    """
WORDS = "[run, deploy, shop, --image, gcr.io/$PROJECT_ID/shop, '--max-instances=${_MOST}', '%s']"
JOINED = WORDS % "--add-cloudsql-instances=$PROJECT_ID:us-east1:shop-db"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".github/workflows/deploy.yml", WORKFLOW),
        (".github/workflows/deploy.yml", ACTION),
        ("cloudbuild.yaml", BUILD.replace("STEP", f"entrypoint: gcloud\n        args: {JOINED}")),
        (
            "cloudbuild.yaml",
            BUILD.replace("STEP", f"args: {JOINED.replace('[', '[gcloud, ', 1)}"),
        ),
        (
            "cloudbuild.yaml",
            BUILD.replace(
                "STEP",
                "entrypoint: bash\n        args: [-c, 'gcloud run deploy shop --source . "
                "--max-instances $_MOST --set-cloudsql-instances a:us-east1:shop-db']",
            ),
        ),
        (
            "Makefile",
            "MOST ?= 7\ndeploy:\n\t@gcloud run deploy shop --source . --max-instances $(MOST) "
            "--set-cloudsql-instances $(PROJECT):us-east1:shop-db\n",
        ),
    ],
)
def test_pipelines_and_makefiles_deploy_too(path: str, text: str) -> None:
    found = topology({path: text, "setup.sh": MADE, **CODE})
    assert sums(found) == {"shop-db": [("shop", 35)]}


def test_what_nothing_states_is_the_default_of_the_platform() -> None:
    found = workload("gcloud run deploy shop --source .\n")
    assert (found.replicas.high, found.replicas.basis) == (100, Basis.DEFAULTED)
    assert found.floor is not None
    assert found.floor.high == 0


def test_an_update_changes_what_was_deployed_before() -> None:
    update = "gcloud run services update shop --max-instances 3 --min-instances=2\n"
    found = workload("gcloud run deploy shop --source . --max-instances 9\n" + update)
    assert (found.replicas.high, found.floor and found.floor.high) == (3, 2)


def test_a_number_that_is_told_elsewhere_is_not_known() -> None:
    found = workload('gcloud run deploy shop --source . --max-instances "$MOST"\n')
    assert found.replicas.basis is Basis.UNKNOWN


def test_no_more_run_at_once_than_an_instance_has_requests() -> None:
    (container,) = workload("gcloud run deploy shop --source . --concurrency=1\n").containers
    assert container.process
    assert container.process.threads
    assert container.process.threads.high == 1


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("--set-env-vars=A=1,B=x=y", {"A": "1", "B": "x=y"}),
        ("--set-env-vars ^@^A=1,2@B=3", {"A": "1,2", "B": "3"}),
        ("--set-env-vars A=1 --update-env-vars B=2", {"A": "1", "B": "2"}),
        ("--set-env-vars A=1 --set-env-vars B=2", {"A": "1", "B": "2"}),
        (
            "--set-env-vars A=1\ngcloud run services update shop --set-env-vars B=2",
            {"B": "2"},
        ),
        (
            "--set-env-vars A=1\ngcloud run services update shop --update-env-vars B=2",
            {"A": "1", "B": "2"},
        ),
        ("--set-env-vars A=1 --set-secrets B=b:latest", {"A": "1", "B": None}),
        ("--set-env-vars A=$HIDDEN", {"A": None}),
        (
            "--set-env-vars A=$P:$R:db",
            {"A": "project-not-known:region-unknown1:db"},
        ),
    ],
)
def test_variables_are_those_that_options_give(told: str, found: dict[str, str | None]) -> None:
    (container,) = workload(f"gcloud run deploy shop --source . {told}\n").containers
    given = {v.name: v.value.value for v in container.variables}
    assert given == found


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ("--database-version=POSTGRES_15 --tier=db-f1-micro", 25),
        ("--database-version POSTGRES_15 --cpu 2 --memory=7680MB", 400),
        ("--database-version POSTGRES_15 --cpu=2 --memory 8GB", 400),
        ("--database-version=POSTGRES_15 --tier $TIER", None),
    ],
)
def test_the_machine_decides_what_an_instance_takes(options: str, most: int | None) -> None:
    (server,) = topology({"setup.sh": f"gcloud sql instances create shop {options}\n"}).servers
    limit = server.server.max_connections
    assert (None if limit.basis is Basis.UNKNOWN else limit.high) == most


@pytest.mark.parametrize(
    "line",
    [
        "gcloud sql instances create shop --database-version=MYSQL_8_0 --tier=db-f1-micro",
        "gcloud sql instances create shop --tier=db-f1-micro",  # MySQL
        "gcloud sql instances create copy --master-instance-name=shop "
        "--database-version=POSTGRES_15",
        "gcloud sql instances delete shop",
        "gcloud run services update-traffic shop --to-latest",
        "gcloud run services delete shop",
        "# gcloud run deploy shop --source .",
        "echo gcloud run deploy shop --source .",
    ],
)
def test_what_is_none_of_these_is_nothing(line: str) -> None:
    assert topologies({"setup.sh": f"gcloud sql instances list\n{line}\n"}) == ()
