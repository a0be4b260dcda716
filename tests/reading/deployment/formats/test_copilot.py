"""Manifests of AWS Copilot: instances, environments, and the databases of addons."""

from __future__ import annotations

import pytest

from poollint.facts.topology import Topology
from tests.reading.deployment.arranging import topologies, topology

CODE = {
    "shop/db.py": """
        import os
        from sqlalchemy import create_engine

        engine = create_engine(os.environ["DB_HOST"], pool_size=4, max_overflow=0)
        """,
    "Dockerfile": 'FROM python:3.12\nCOPY . .\nCMD ["uvicorn", "shop.db:app", "--workers", "2"]\n',
}
API = """
    name: api
    type: Backend Service
    image: {build: ./Dockerfile}
    COUNT
    """
ADDON = """
    Parameters: {App: {Type: String}, Env: {Type: String}}
    Resources:
      Database:
        Type: AWS::RDS::DBInstance
        Properties: {Engine: postgres, DBParameterGroupName: !Ref Group}
      Group:
        Type: AWS::RDS::DBParameterGroup
        Properties: {Parameters: {max_connections: "100"}}
    Outputs:
      DBHost:
        Value: !GetAtt Database.Endpoint.Address
        Export: {Name: !Sub "${App}-${Env}-Host"}
    """
OWN, SHARED = "copilot/api/addons/db.yml", "copilot/environments/addons/db.yml"


def clients(found: Topology) -> list[tuple[str, list[int | None]]]:
    (budget,) = found.servers
    return [(c.name, [factor.high for factor in c.steady]) for c in budget.clients]


@pytest.mark.parametrize(
    ("count", "most"),
    [
        ("count: 3", 3),
        ("cpu: 256", 1),
        ("count: {range: 2-6, cpu_percentage: 70}", 6),
        ("count: {range: {min: 1, max: 5, spot_from: 2}}", 5),
        ("count: {spot: 4}", 4),
    ],
)
def test_a_service_has_the_instances_and_the_database_of_its_folder(count: str, most: int) -> None:
    files = {"copilot/api/manifest.yml": API.replace("COUNT", count), OWN: ADDON, **CODE}
    found = topology(files)
    assert clients(found) == [("api", [most, 2, 4])]
    assert found.assumed == ()


def test_an_environment_says_something_else() -> None:
    given = "{from_cfn: '${COPILOT_APPLICATION_NAME}-${COPILOT_ENVIRONMENT_NAME}-Host'}"
    more = "count: {range: 2-6}\n    environments: {prod: {count: 9}, test: {count: {range: 1-2}}}"
    files = {
        "copilot/api/manifest.yml": API.replace("COUNT", more) + f"variables: {{DB_HOST: {given}}}",
        SHARED: ADDON,
        **{
            f"copilot/environments/{name}/manifest.yml": f"name: {name}\ntype: Environment\n"
            for name in ("prod", "test")
        },
        **CODE,
    }
    prod, test = topologies(files)
    assert (prod.scope, clients(prod)) == ("prod", [("api", [9, 2, 4])])
    assert (test.scope, clients(test)) == ("test", [("api", [2, 2, 4])])


def test_a_job_is_started_by_a_schedule_and_a_secret_is_not_known() -> None:
    job = API.replace("Backend Service", "Scheduled Job").replace("COUNT", "secrets: {DB_HOST: /a}")
    (budget,) = topology({"copilot/api/manifest.yml": job, OWN: ADDON, **CODE}).servers
    assert budget.missing == ("`api`, which a schedule starts, and which ends",)


def test_a_sidecar_built_from_a_proxy_is_nothing_that_was_not_counted() -> None:
    sidecar = "sidecars: {nginx: {port: 80, image: {build: {dockerfile: nginx/Dockerfile}}}}"
    files = {
        "copilot/api/manifest.yml": API.replace("COUNT", sidecar),
        OWN: ADDON,
        "nginx/Dockerfile": "FROM nginx:1.27\nCOPY default.conf /etc/nginx/conf.d/default.conf\n",
        **CODE,
    }
    (budget,) = topology(files).servers
    assert [client.name for client in budget.clients] == ["api"]
    assert budget.missing == ()
