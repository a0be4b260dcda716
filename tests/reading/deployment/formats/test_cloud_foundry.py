"""Cloud Foundry's manifests: what is pushed, how much of it runs, and what is bound to it."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis
from poollint.reading import linking
from poollint.reading.deployment.linking import topology as deployed
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies

CODE = {
    "shop/api.py": """
        import os
        from sqlalchemy import create_engine
        engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=6)
        """
}
MANIFEST = """
applications:
  - name: shop
    memory: 512M
    instances: 3
    command: gunicorn -w 2 shop.api:app
    services: [cache, orders-postgres]
"""


def uncounted(manifest: str, path: str = "manifest.yml", **more: str) -> tuple[str, ...]:
    files = {path: manifest, **CODE, **more}
    return linking.uncounted(linking.link(readings(files), Options()))


def workloads(manifest: str, **more: str) -> dict[str, Workload]:
    found = readings({"manifest.yml": manifest, **more})
    described = deployed.described(found, (), Options())
    return {workload.name: workload for workload in deployed.workloads(described)}


def counted(manifest: str) -> dict[str, tuple[int, Basis]]:
    found = workloads(manifest).items()
    return {name: (w.replicas.low, w.replicas.basis) for name, w in found}


def test_an_application_opens_its_pool_in_each_process_of_each_instance() -> None:
    # A worker of gunicorn serves one request at a time, so it needs one connection at the least.
    assert uncounted(MANIFEST) == (
        "`shop` may open 6 to 60 connections to `orders-postgres`, which no file describes",
    )


def test_an_application_has_one_instance_and_no_other_process_unless_it_says_so() -> None:
    text = MANIFEST.replace("    instances: 3\n", "") + "    processes: [{type: worker}]\n"
    assert counted(text) == {"shop": (1, Basis.DEFAULTED), "shop-worker": (0, Basis.DEFAULTED)}


def test_processes_have_instances_and_commands_of_their_own() -> None:
    found = workloads(
        MANIFEST
        + "    processes:\n"
        + "      - {type: web, instances: 4}\n"
        + "      - {type: worker, instances: 2, command: celery -A shop.tasks worker -c 5}\n"
    )
    processes = {name: w.containers[0].process for name, w in found.items()}
    assert {name: w.replicas.low for name, w in found.items()} == {"shop": 4, "shop-worker": 2}
    assert {name: p.tool for name, p in processes.items() if p} == {
        "shop": "gunicorn",
        "shop-worker": "celery",
    }


def test_what_a_file_of_variables_puts_in_is_not_known() -> None:
    text = MANIFEST.replace("instances: 3", "instances: ((web))")
    assert counted(text) == {"shop": (1, Basis.UNKNOWN)}
    hidden = text.replace("orders-postgres", "((name))-db")
    told = "`shop`: where its pool leads is not known (shop/api.py:3); it may open"
    assert uncounted(hidden) == (f"{told} 2 to 20 connections or more",)


def test_the_procfile_of_the_folder_says_what_the_manifest_leaves_open() -> None:
    text = MANIFEST.replace("    command: gunicorn -w 2 shop.api:app\n", "")
    lines = "web: gunicorn -w 5 shop.api:app\nworker: rq worker\nrelease: flask db upgrade\n"
    more = {"Procfile": lines}
    found = workloads(text, **more)
    process = found["shop"].containers[0].process
    assert list(found) == ["shop", "shop-worker"]
    assert found["shop-worker"].replicas.basis is Basis.UNKNOWN
    assert process is not None
    assert process.processes.low == 5


def test_fields_that_an_anchor_gives_are_read() -> None:
    text = MANIFEST.replace("- name: shop", "- &shop\n    name: shop") + (
        "  - <<: *shop\n    name: shop-next\n    instances: 0\n"
    )
    assert {name: number for name, (number, _) in counted(text).items()} == {
        "shop": 3,
        "shop-next": 0,
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("config.yml", "applications: [{name: shop, path: x}]\n"),
        ("manifest.yml", "applications: [{name: shop, version: 3}]\n"),
        ("manifest.yml", "applications: shop\n"),
    ],
)
def test_other_lists_of_applications_are_none(path: str, text: str) -> None:
    assert topologies({path: text, "deploy.sql": "ALTER ROLE shop CONNECTION LIMIT 5;\n"}) == ()
    found = readings({path: text})
    assert deployed.described(found, (), Options()) == ()


def test_services_that_are_put_in_at_the_push_may_hold_a_database() -> None:
    text = (
        "applications:\n  - name: jobs\n    path: bin\n    command: ((run))\n"
        "    services: ((all))\n"
    )
    told = "`jobs`: an unknown number of connections no file says where to"
    assert told in uncounted(text)
    assert told not in uncounted(text.replace("((all))", "[cache]"))


def test_a_process_that_loads_the_application_is_told_though_no_service_is_bound() -> None:
    files = {
        "manifest.yml": "applications:\n  - name: shop\n    instances: 2\n",
        "Procfile": "web: gunicorn shop.wsgi\nbeat: celery -A shop beat\n",
        "shop/look.py": "from django.db import connection\n\nconnection.cursor()\n",
    }
    assert linking.uncounted(linking.link(readings(files), Options())) == (
        "`shop` and `shop-beat` may open 2 to 3 connections or more no file says where to",
    )
