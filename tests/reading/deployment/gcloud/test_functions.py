"""Functions and jobs that commands of `gcloud`, or its actions, deploy."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from tests.reading.deployment.arranging import topology

URL = "DATABASE_URL=postgresql://shop@/a?host=/cloudsql/acme:us-east1:shop-db"
MADE = "gcloud sql instances create shop-db --database-version=POSTGRES_16 --tier db-g1-small\n"
CODE = {
    "shop/main.py": """
        import os
        from sqlalchemy import create_engine

        engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=1)

        def serve(request):
            with engine.connect() as connection:
                return str(connection)
        """,
    "other/main.py": """
        import os
        from sqlalchemy import create_engine

        engine = create_engine(os.environ["DATABASE_URL"], pool_size=50)
        """,
}
STEP = f"""
    on: push
    jobs:
      deploy:
        steps:
          - uses: google-github-actions/deploy-cloud-functions@v3
            with:
              name: shop
              runtime: python312
              source_dir: shop
              max_instance_count: 6
              environment_variables: |
                LEVEL=info
                {URL}
    """
BUILD = f"""
    steps:
      - name: gcr.io/google.com/cloudsdktool/cloud-sdk
        entrypoint: gcloud
        args: [functions, deploy, shop, --gen2, --source=shop, --runtime=python312,
               --max-instances, "6", --set-env-vars, "{URL}"]
    """


def deployed(options: str) -> str:
    command = f"gcloud functions deploy shop --source shop --runtime python312 {options}"
    return f"{MADE}{command} --trigger-http --set-env-vars={URL}\n"


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("deploy.sh", deployed("--max-instances=6"), [6, 1, 5]),
        ("deploy.sh", deployed("--gen2 --concurrency 3 --max-instances 6"), [6, 1, 5]),
        ("deploy.sh", deployed("--gen2 --entry-point serve"), [100, 1, 5]),
        ("deploy.sh", deployed("--no-gen2 --max-instances 0"), [3000, 1, 5]),
        (".github/workflows/ci.yml", STEP, [6, 1, 5]),
        ("cloudbuild.yaml", BUILD, [6, 1, 5]),
    ],
)
def test_a_function_has_the_pool_of_its_own_file(path: str, text: str, found: list[int]) -> None:
    more = {} if path == "deploy.sh" else {"make.sh": MADE}
    (budget,) = topology({path: text, **more, **CODE}).servers
    ((client),) = budget.clients
    assert (client.name, [factor.high for factor in client.steady]) == ("shop", found)


def job(options: str) -> Workload:
    script = f"gcloud run jobs create nightly --image gcr.io/acme/shop {options}"
    found = topology({"deploy.sh": f"{MADE}{script} --set-env-vars={URL}\n"})
    (budget,) = found.servers
    assert budget.missing == ("`nightly`, which ends",)
    (workload,) = found.workloads
    return workload


@pytest.mark.parametrize(
    ("options", "most"),
    [("", 1), ("--tasks 8", 8), ("--tasks=8 --parallelism=3", 3), ("--tasks 8 --parallelism 0", 8)],
)
def test_a_job_has_as_many_instances_as_tasks_at_once(options: str, most: int) -> None:
    assert job(options).replicas.high == most
