"""CloudFormation's resources in the words of Terraform's."""

from __future__ import annotations

from tests.reading.deployment.arranging import topology

CLUSTER = """
    Resources:
      Db:
        Type: AWS::RDS::DBCluster
        Properties:
          Engine: aurora-postgresql
          ServerlessV2ScalingConfiguration: {MinCapacity: 2, MaxCapacity: 8}
      Writer:
        Type: AWS::RDS::DBInstance
        Properties:
          Engine: aurora-postgresql
          DBInstanceClass: db.serverless
          DBClusterIdentifier: !Ref Db
      Orders:
        Type: AWS::Lambda::Function
        Properties:
          ReservedConcurrentExecutions: 5
          Environment:
            Variables:
              DATABASE_URL: !Sub "postgresql://u@${WHERE.Endpoint.Address}/a"
              DB_POOL_SIZE: "2"
    """


def test_an_instance_of_a_cluster_is_no_server_besides() -> None:
    for where in ("Db", "Writer"):
        (server,) = topology({"stack.yaml": CLUSTER.replace("WHERE", where)}).servers
        assert server.server.name == "rds_cluster.Db"
        assert [(c.name, c.entry.total.high) for c in server.clients] == [("Orders", 10)]
        assert "max_capacity 8" in server.server.max_connections.hint


def test_an_instance_of_its_own_is_one() -> None:
    text = CLUSTER.replace("          DBClusterIdentifier: !Ref Db\n", "").replace(
        "WHERE", "Writer"
    )
    found = topology({"stack.yaml": text})
    names = {s.server.name: len(s.clients) for s in found.servers}
    assert names == {"rds_cluster.Db": 0, "db_instance.Writer": 1}
