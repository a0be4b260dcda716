"""The sums of a budget besides that of the steady state."""

from __future__ import annotations

from poollint.model.report import Budget, Scenario
from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

CODE = """
    import os
    from sqlalchemy import create_engine

    engine = create_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=0)
    """
WEB = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 4
      strategy: {type: STRATEGY, rollingUpdate: {maxSurge: "50%"}}
      template:
        spec:
          containers:
            - name: web
              image: shop
              command: [uvicorn, "web.main:app"]
              env: [{name: DATABASE_URL, value: "postgresql://web@orders-db/orders"}]
    ---
"""
SCALER = """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {minReplicas: 4, maxReplicas: 10, scaleTargetRef: {kind: Deployment, name: web}}
"""


def budget(*texts: str) -> Budget:
    files = {"deploy/web.yaml": "".join(texts), "web/main.py": CODE}
    conf = {"postgresql.conf": "max_connections = 100\n"}
    found = linking.link(readings({**files, **conf}), Options())
    (only,) = linking.budgets(found)
    return only


def demands(found: Budget) -> dict[Scenario, tuple[int, ...]]:
    """Return the number of instances of each line."""
    return {
        when: tuple(entry.factors[0].high or 0 for entry in ledger.demand)
        for when, ledger in found.scenarios
    }


def test_a_rollout_is_another_sum_and_so_is_it_while_old_ones_end() -> None:
    found = budget(WEB.replace("STRATEGY", "RollingUpdate"))
    assert demands(found) == {Scenario.ROLLOUT: (6,), Scenario.ENDING: (8,)}
    assert all(ledger.supply == found.ledger.supply for _, ledger in found.scenarios)


def test_what_is_ended_before_it_is_replaced_and_not_scaled_has_one_sum() -> None:
    assert budget(WEB.replace("STRATEGY", "Recreate")).scenarios == ()


def test_the_sum_before_autoscaling_is_another_than_that_of_the_most() -> None:
    found = budget(WEB.replace("STRATEGY", "Recreate"), SCALER)
    assert found.ledger.demand[0].factors[0].high == 10
    assert demands(found) == {Scenario.CALM: (4,)}
