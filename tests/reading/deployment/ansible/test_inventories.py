"""Inventories of Ansible: which of several values counts, and what is not known."""

from textwrap import dedent

import pytest

from poollint.facts.topology import Topology
from poollint.model.figure import Basis
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ansible import playbooks
from poollint.reading.project import reader_of
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import topologies

TEMPLATE = """
    [databases]
    * = host=127.0.0.1
    [pgbouncer]
    listen_port = {{ bouncer_port | default(6432) }}
    pool_mode = {{ bouncer_mode }}
    max_client_conn = {{ bouncer_clients }}
    default_pool_size = {{ bouncer_pool | int }}
    {% if bouncer_reserve %}
    reserve_pool_size = {{ bouncer_reserve }}
    {% endif %}
    """
ROLE = {
    "roles/bouncer/templates/pgbouncer.ini.j2": TEMPLATE,
    "roles/bouncer/defaults/main.yml": """
        # PgBouncer: pgbouncer.ini
        bouncer_mode: transaction
        bouncer_clients: 300
        bouncer_pool: 20
        """,
}


def only(files: dict[str, str]) -> Topology:
    (found,) = topologies(files)
    return found


def test_what_an_inventory_says_counts_before_the_default_of_a_role() -> None:
    found = only(
        {
            **ROLE,
            "group_vars/all.yml": "postgresql_max_connections: 80\nbouncer_pool: 30\n",
        }
    )
    (pooler,) = found.poolers
    size = pooler.pooler.default_pool_size
    assert (size.low, size.basis, size.hint) == (30, Basis.STATED, "bouncer_pool")
    assert isinstance(size.origin, Span)
    assert size.origin.path == "group_vars/all.yml"
    clients = pooler.pooler.max_client_conn
    assert (clients.low, clients.basis) == (300, Basis.ASSUMED)
    assert pooler.pooler.mode.value == "transaction"
    (server,) = found.servers
    assert server.ledger.demanded.high == 30
    assert server.ledger.supplied.high == 77


@pytest.mark.parametrize(
    ("files", "size"),
    [
        ({"group_vars/all.yml": 1, "group_vars/db.yml": 2}, 2),
        ({"group_vars/db.yml": 1, "host_vars/one.yml": 2}, 2),
        ({"host_vars/one.yml": 1, "roles/bouncer/vars/main.yml": 2}, 2),
        ({"group_vars/all.yml": 1, "inventories/prod/group_vars/all/db.yml": 1}, 1),
    ],
)
def test_the_more_special_file_counts(files: dict[str, int], size: int) -> None:
    texts = {path: f"# pgbouncer\nbouncer_pool: {number}\n" for path, number in files.items()}
    assert only({**ROLE, **texts}).poolers[0].pooler.default_pool_size.low == size


def test_what_groups_differ_in_is_not_known() -> None:
    texts = {
        f"group_vars/{name}.yml": f"# pgbouncer\nbouncer_pool: {name[-1]}\n"
        for name in "a1 b2".split()
    }
    found = only({**ROLE, **texts}).poolers[0]
    assert found.pooler.default_pool_size.basis is Basis.UNKNOWN
    assert "`pgbouncer`: the size of its pools is not known" in found.missing


def test_each_inventory_is_a_budget_of_its_own() -> None:
    files = {
        f"inventories/{name}/group_vars/all.yml": f"pgbouncer_default_pool_size: {size}\n"
        for name, size in (("prod", 40), ("staging", 5))
    }
    found = {t.scope: t.poolers[0].pooler.default_pool_size.low for t in topologies(files)}
    assert found == {"prod": 40, "staging": 5}


@pytest.mark.parametrize(
    "stated",
    [
        "postgresql_max_connections: 70",
        "postgresql_global_config_options:\n  - option: max_connections\n    value: 70",
        "postgresql_parameters:\n  - {option: max_connections, value: '70'}",
        "postgresql_conf:\n  - max_connections: 70",
        "limit: 70\npostgresql_max_connections: '{{ limit }}'",
    ],
)
def test_the_limit_is_read_as_roles_in_wide_use_name_it(stated: str) -> None:
    text = f"{stated}\npgbouncer_default_pool_size: 10\n"
    (server,) = only({"group_vars/db.yml": text}).servers
    assert (server.server.max_connections.low, server.server.max_connections.basis) == (
        70,
        Basis.STATED,
    )


def test_a_limit_that_only_a_role_says_is_not_known() -> None:
    found = only(
        {
            "roles/db/defaults/main.yml": "postgresql_max_connections: 20\n",
            "group_vars/all.yml": "pgbouncer_default_pool_size: 40\n",
        }
    )
    limit = found.servers[0].server.max_connections
    assert (limit.low, limit.basis) == (20, Basis.UNKNOWN)


def test_what_a_template_writes_in_a_block_is_not_certain() -> None:
    found = only({**ROLE, "group_vars/all.yml": "bouncer_reserve: 9 # pgbouncer\n"})
    assert found.poolers[0].pooler.reserve_pool_size.low == 0


def test_files_of_tests_are_no_inventory() -> None:
    files = {
        "molecule/default/group_vars/all.yml": "pgbouncer_default_pool_size: 40\n",
        "group_vars/all.yml": "postgresql_version: 16\n",
    }
    assert topologies(files, Options()) == ()


PLAYBOOK = """
    - hosts: db
      vars:
        postgresql_max_connections: 90
      roles:
        - common
        - {role: bouncer, bouncer_pool: 44, tags: [db]}
        - role: other
          vars: {bouncer_clients: 250}
    """


def test_a_playbook_says_more_than_an_inventory() -> None:
    inventory = {"inventories/prod/group_vars/all.yml": "bouncer_pool: 30 # pgbouncer\n"}
    found = only({**ROLE, **inventory, "play/site.yml": PLAYBOOK})
    (pooler,), (server,) = found.poolers, found.servers
    size, most = pooler.pooler.default_pool_size, server.server.max_connections
    assert (size.low, size.basis, size.hint) == (44, Basis.ASSUMED, "bouncer_pool, of a playbook")
    assert (most.low, most.basis) == (90, Basis.ASSUMED)
    assert isinstance(most.origin, Span)
    assert (most.origin.path, most.origin.start.line) == ("play/site.yml", 3)
    assert pooler.pooler.max_client_conn.low == 250


def test_what_playbooks_differ_in_is_not_known() -> None:
    other = PLAYBOOK.replace("44", "55")
    found = only({**ROLE, "first.yml": PLAYBOOK, "second.yml": other})
    assert found.poolers[0].pooler.default_pool_size.basis is Basis.UNKNOWN
    assert found.servers[0].server.max_connections.low == 90


def test_a_playbook_that_sets_nothing_of_a_server_is_none() -> None:
    reader = reader_of("site.yml")
    assert reader is not None
    text = "- hosts: all\n  vars: {color: red}\n  roles: [postgresql]\n"
    assert reader.read(SourceFile("site.yml", text), Options()).documents == ()
    assert not playbooks.suits(b"hosts: [a]\nvars: {postgresql_max_connections: 5}\n")


PATRONI = """
    scope: {{ cluster }}
    restapi:
      listen: 0.0.0.0:8008
    bootstrap:
      dcs:
        postgresql:
          parameters:
            max_connections: "{{ patroni_limit | default(100) }}"
            {% if more %}
            superuser_reserved_connections: 20
            {% endif %}
    postgresql:
      parameters:
        max_connections: 999
        superuser_reserved_connections: {{ kept }} # of each member
    """


def test_what_a_template_of_patroni_writes_counts_before_that_of_postgresql() -> None:
    variables = "patroni_limit: 70\nkept: 5\nbouncer_pool: 30 # pgbouncer, postgresql\n"
    files = {**ROLE, "group_vars/all.yml": variables}
    files["roles/db/templates/patroni.yaml.j2"] = PATRONI
    files["roles/db/templates/postgresql.conf.j2"] = "max_connections = 40\n"
    (server,) = only(files).servers
    limit, kept = server.server.max_connections, server.server.superuser_reserved
    assert (limit.low, limit.basis, limit.hint) == (70, Basis.STATED, "patroni_limit")
    assert (kept.low, kept.hint) == (5, "kept")


def test_a_template_of_patroni_is_told() -> None:
    reader = reader_of("roles/db/templates/patroni.yml.j2")
    assert reader is not None
    for text, told in ((PATRONI, 1), ("color: {{ color }}\nmax_connections: 5\n", 0)):
        assert reader.screen(text.encode(), Options())
        source = SourceFile("roles/db/templates/patroni.yml.j2", dedent(text))
        assert len(reader.read(source, Options()).unread) == told
