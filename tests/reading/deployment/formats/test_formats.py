"""What platforms' own files say of services and databases, number by number."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.facts.topology import Client, ServerBudget, Topology
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading import linking as links
from poollint.reading import project
from poollint.reading.deployment.formats import FORMATS
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies, topology

POOL = {
    "app/db.py": """
        import os

        import asyncpg


        async def connect():
            return await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=10)
        """,
}


def counted(files: dict[str, str]) -> tuple[Topology, ServerBudget, Client]:
    found = topology(files)
    (server,) = found.servers
    (client,) = server.clients
    return found, server, client


def running(files: dict[str, str]) -> tuple[Workload, ...]:
    """Return all that runs, what leads to no server of the tree too."""
    return linking.workloads(linking.described(readings(files), (), Options()))


def place(figure: Figure) -> tuple[str, int]:
    assert isinstance(figure.origin, Span)
    return figure.origin.path, figure.origin.start.line


def highs(figures: tuple[Figure, ...]) -> list[int | None]:
    return [figure.high for figure in figures]


RENDER = """
    databases:
      - name: main
        plan: pro-8gb
    services:
      - type: web
        name: api
        runtime: python
        startCommand: gunicorn -w 2 app.db:app
        scaling:
          minInstances: 2
          maxInstances: 4
        envVars:
          - key: DATABASE_URL
            fromDatabase: {name: main, property: connectionString}
          - key: DB_POOL_SIZE
            value: 5
    """


def test_a_blueprint_of_render_is_counted() -> None:
    _, server, client = counted({"render.yaml": RENDER})
    assert highs(client.steady) == [4, 2, 5]
    assert [f.low for f in client.calm[:1]] == [2]
    assert [place(f) for f in client.steady] == [
        ("render.yaml", 11), ("render.yaml", 8), ("render.yaml", 16),
    ]  # fmt: skip
    assert client.rollout[0].high == 8
    limit = server.server.max_connections
    assert (limit.high, limit.basis, place(limit)) == (200, Basis.ASSUMED, ("render.yaml", 3))


def test_an_unknown_plan_of_render_is_unknown() -> None:
    _, server, _ = counted({"render.yaml": RENDER.replace("pro-8gb", "huge")})
    assert server.server.max_connections.basis is Basis.UNKNOWN


def test_machines_of_fly_are_stated_in_no_file() -> None:
    found = running(
        {
            "fly.toml": """
            app = "shop"
            [processes]
            web = "gunicorn -w 3 app.db:app"
            worker = "celery -A app worker -c 4"
            [env]
            DB_POOL_SIZE = "5"
            """
        }
    )
    assert [w.name for w in found] == ["web", "worker"]
    web = found[0]
    assert web.replicas.basis is Basis.UNKNOWN
    assert web.containers[0].process is not None
    assert web.containers[0].process.processes.high == 3
    size = web.containers[0].variable("DB_POOL_SIZE")
    assert size is not None
    assert size.value.value == "5"


def test_formation_and_plan_of_heroku_complete_the_procfile() -> None:
    app = """
        {
          "formation": {"web": {"quantity": 3}, "worker": {"quantity": 1}},
          "addons": ["heroku-postgresql:essential-0"]
        }
        """
    found = topology(
        {
            "app.json": app,
            "Procfile": "web: gunicorn -w 2 app.db:app\nworker: python -m app.db\n",
            **POOL,
        }
    )
    (server,) = found.servers
    assert server.server.max_connections.high == 20
    assert server.ledger.supplied.low == 20
    assert {c.name: highs(c.steady) for c in server.clients} == {
        "web": [3, 2, 10],
        "worker": [1, 1, 10],
    }
    assert place(server.clients[0].steady[0]) == ("app.json", 2)


def test_the_size_of_a_dyno_decides_where_the_command_does_not() -> None:
    found = topology(
        {
            "app.json": '{"formation": {"web": {"quantity": 3}}, "addons": ["heroku-postgresql"]}',
            "Procfile": "web: gunicorn app.db:app\n",
            **POOL,
        }
    )
    (client,) = found.servers[0].clients
    assert client.steady[1].basis is Basis.UNKNOWN
    assert "WEB_CONCURRENCY" in client.steady[1].hint


def test_a_service_of_cloud_run_has_a_hundred_instances_unless_it_says_otherwise() -> None:
    text = """
        apiVersion: serving.knative.dev/v1
        kind: Service
        metadata:
          name: api
          annotations: {run.googleapis.com/ingress: all}
        spec:
          template:
            metadata:
              annotations: {%s}
            spec:
              containers:
                - image: registry.example/api
                  command: [uvicorn, "app.db:app"]
        """
    free = running({"service.yaml": text % ""})
    assert (free[0].replicas.high, free[0].replicas.basis) == (
        100, Basis.DEFAULTED,
    )  # fmt: skip
    bounded = running({"service.yaml": text % 'autoscaling.knative.dev/maxScale: "7"'})
    assert bounded[0].replicas.high == 7


@pytest.mark.parametrize(
    ("scaling", "high", "basis"),
    [
        ("manual_scaling: {instances: 5}", 5, Basis.STATED),
        ("automatic_scaling: {max_instances: 6}", 6, Basis.STATED),
        ("basic_scaling: {max_instances: 7}", 7, Basis.STATED),
        ("automatic_scaling: {min_instances: 1}", 1, Basis.UNKNOWN),
    ],
)
def test_app_engine_has_one_kind_of_scaling(scaling: str, high: int, basis: Basis) -> None:
    text = f"""
        runtime: python312
        entrypoint: gunicorn -w 4 main:app
        {scaling}
        """
    found = running({"app.yaml": text})
    replicas = found[0].replicas
    assert (replicas.high, replicas.basis) == (high, basis)


def test_an_app_of_digitalocean_is_bound_to_its_database() -> None:
    text = """
        name: shop
        services:
          - name: api
            instance_count: 3
            run_command: gunicorn -w 2 app.db:app
            envs:
              - {key: DATABASE_URL, value: "${main.DATABASE_URL}"}
              - {key: DB_POOL_SIZE, value: "4"}
        databases:
          - {name: main, engine: PG}
        """
    _, server, client = counted({".do/app.yaml": text})
    assert highs(client.steady) == [3, 2, 4]
    assert server.server.max_connections.basis is Basis.UNKNOWN


def test_instances_of_railway_add_up_over_regions() -> None:
    text = """
        {"deploy": {"startCommand": "gunicorn app:app",
          "multiRegionConfig": {"us": {"numReplicas": 2}, "eu": {"numReplicas": 3}}}}
        """
    found = running({"railway.json": text})
    assert found[0].replicas.high == 5


STACK = """
    Parameters:
      Tasks: {Type: Number, Default: 4}
    Resources:
      Database:
        Type: AWS::RDS::DBInstance
        Properties:
          Engine: postgres
          DBInstanceClass: db.t3.micro
          DBParameterGroupName: !Ref Limits
      Limits:
        Type: AWS::RDS::DBParameterGroup
        Properties:
          Family: postgres16
          Parameters: {max_connections: "90"}
      Task:
        Type: AWS::ECS::TaskDefinition
        Properties:
          ContainerDefinitions:
            - Name: web
              Image: registry.example/shop
              Command: [gunicorn, -w, "2", "app.db:app"]
              Environment:
                - Name: DATABASE_URL
                  Value: !Sub "postgresql://shop:${Password}@${Database.Endpoint.Address}:5432/shop"
                - {Name: DB_POOL_SIZE, Value: "5"}
      Web:
        Type: AWS::ECS::Service
        Properties:
          TaskDefinition: !Ref Task
          DesiredCount: !Ref Tasks
          DeploymentConfiguration: {MaximumPercent: 150}
      Scaling:
        Type: AWS::ApplicationAutoScaling::ScalableTarget
        Properties:
          MaxCapacity: 9
          MinCapacity: 1
          ResourceId: !Join ["/", [service, main, !GetAtt Other.Name]]
    """


def test_a_stack_of_cloudformation_is_counted() -> None:
    _, server, client = counted({"stack.yaml": STACK})
    assert highs(client.steady) == [4, 2, 5]
    assert place(client.steady[0]) == ("stack.yaml", 2)
    assert client.rollout[0].high == 6
    limit = server.server.max_connections
    assert (limit.high, limit.basis, place(limit)) == (90, Basis.STATED, ("stack.yaml", 14))


def test_a_stack_in_json_means_the_same() -> None:
    text = """
        {"Resources": {"Api": {"Type": "AWS::Lambda::Function", "Properties": {
          "ReservedConcurrentExecutions": 30,
          "Environment": {"Variables": {"DB_POOL_SIZE": "2", "DATABASE_URL": {"Fn::Join": ["", [
            "postgresql://shop@", {"Fn::GetAtt": ["Db", "Endpoint.Address"]}, "/shop"]]}}}}},
         "Db": {"Type": "AWS::RDS::DBInstance", "Properties": {
          "Engine": "postgres", "DBInstanceClass": "db.t4g.small"}}}}
        """
    _, server, client = counted({"infra/template.json": text})
    assert highs(client.steady) == [30, 1, 2]
    assert server.server.max_connections.high == 225


def test_functions_of_serverless_are_counted() -> None:
    text = """
        service: shop
        custom: {size: 3}
        provider:
          name: aws
          environment:
            DATABASE_URL: !Sub "postgresql://shop@${Db.Endpoint.Address}/shop"
            DB_POOL_SIZE: ${self:custom.size}
        functions:
          api:
            handler: app.db.handler
            reservedConcurrency: 20
          other:
            handler: app.db.other
            reservedConcurrency: ${env:COUNT}
        resources:
          Resources:
            Db:
              Type: AWS::RDS::DBInstance
              Properties: {Engine: postgres, DBInstanceClass: db.t3.small}
        """
    (server,) = topology({"serverless.yml": text}).servers
    found = {c.name: c.steady for c in server.clients}
    assert highs(found["api"]) == [20, 1, 3]
    assert found["other"][0].basis is Basis.UNKNOWN


SERVERLESS = """
    service: shop
    provider:
      name: aws
      environment:
        DATABASE_URL: postgresql://shop@db.internal/shop
        DB_POOL_SIZE: "3"
    functions: %s
    """


@pytest.mark.parametrize(
    "functions",
    [
        "${file(./src/jobs.yml)}",
        "\n      - ${file(src/jobs.yml)}\n",
        "\n      - nightly: {handler: app.db.nightly, reservedConcurrency: 4}\n",
    ],
)
def test_functions_of_serverless_may_be_a_list_and_lie_in_other_files(functions: str) -> None:
    jobs = "nightly:\n  handler: app.db.nightly\n  reservedConcurrency: 4\n"
    found = running({"api/serverless.yml": SERVERLESS % functions, "api/src/jobs.yml": jobs})
    assert [(w.name, w.replicas.high) for w in found] == [("nightly", 4)]


def test_functions_in_a_file_that_is_not_there_are_told() -> None:
    files = readings({"serverless.yml": SERVERLESS % "\n      - ${file(../jobs.yml)}\n"})
    assert list(links.uncounted(links.link(files, Options()))) == [
        "what functions in `../jobs.yml` open: no such file was read"
    ]


def test_functions_without_what_serves_them_are_nothing() -> None:
    assert running({"src/jobs.yml": "nightly:\n  handler: app.db.nightly\n"}) == ()


def test_how_many_tasks_of_a_definition_run_is_unknown() -> None:
    text = """
        {"family": "shop", "containerDefinitions": [{"name": "web", "image": "shop",
         "command": ["gunicorn", "-w", "3", "app.db:app"]}]}
        """
    found = running({"ecs/task-definition.json": text})
    assert found[0].replicas.basis is Basis.UNKNOWN
    process = found[0].containers[0].process
    assert process is not None
    assert (process.processes.high, place(process.processes)[1]) == (3, 2)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("render.yaml", "services: [1, {type: web}, {type: web, numInstances: x, envVars: [3]}]"),
        ("fly.toml", "app = 3\nprocesses = 4\nprimary_region = 'x'\n[env]\nA = [1]\n"),
        ("app.json", '{"formation": {"web": 3}, "addons": [{}, 4]}'),
        ("app.yaml", "runtime: python\nautomatic_scaling: 3\nenv_variables: [1]\n"),
        ("railway.json", '{"deploy": {"numReplicas": "many", "startCommand": []}}'),
        ("serverless.yml", "provider: {name: aws}\nfunctions: {a: 3, b: {environment: x}}\n"),
        ("stack.yaml", "Resources:\n  A: {Type: 'AWS::ECS::Service'}\n  B: !Ref C\n"),
        ("stack.yaml", "Resources:\n  A: {Type: 'AWS::RDS::DBInstance', Properties: !If [a, b]}\n"),
        (".do/app.yaml", "services: [{instance_count: []}]\n"),
    ],
)
def test_what_makes_no_sense_is_no_error(path: str, text: str) -> None:
    topologies({path: text})


@pytest.mark.parametrize(
    "path", ["package.json", "data/big.json", "web/fly.json", "pyproject.toml"]
)
def test_other_files_are_left_alone(path: str) -> None:
    reader = project.reader_of(path)
    assert reader is None or not reader.screen(b'{"name": 3}', Options())


def test_every_format_has_a_name_of_its_own() -> None:
    names = [known.name for known in FORMATS]
    assert len(set(names)) == len(names)
    assert all(known.root.keys or known.root.marks for known in FORMATS)


def test_railway_runs_one_instance_of_what_it_builds_where_nothing_else_is_said() -> None:
    (one,) = running({"shop/railway.toml": '[build]\ndockerfilePath = "Dockerfile"\n'})
    assert (one.name, one.replicas.high, one.replicas.basis) == ("shop", 1, Basis.DEFAULTED)


RULE = """
      Nightly:
        Type: AWS::Events::Rule
        Properties:
          ScheduleExpression: rate(1 day)
          Targets:
            - Arn: !GetAtt Cluster.Arn
              EcsParameters: {TaskDefinitionArn: !Ref Task, TaskCount: 2}
    """
SCHEDULE = """
      Nightly:
        Type: AWS::Scheduler::Schedule
        Properties:
          ScheduleExpression: rate(1 day)
          Target:
            Arn: !GetAtt Cluster.Arn
            EcsParameters: {TaskDefinitionArn: !Ref Task}
    """


@pytest.mark.parametrize("schedule", [RULE, SCHEDULE])
def test_a_task_of_a_stack_that_a_schedule_starts_is_told(schedule: str) -> None:
    stack = STACK.rstrip() + schedule
    (server,) = topology({"stack.yaml": stack}).servers
    assert [client.name for client in server.clients] == ["Web"]
    assert server.missing == ("`Nightly`, which a schedule starts, and which ends",)
    web = stack[: stack.index("      Web:")] + schedule[1:]
    (server,) = topology({"stack.yaml": web}).servers
    assert server.missing == ("`Nightly`, which a schedule starts, and which ends",)
