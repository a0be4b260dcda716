"""Flexible servers of Terraform."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.reading.deployment.arranging import topology


def test_a_flexible_server_keeps_fifteen_and_may_have_its_own_pooler() -> None:
    text = """
    resource "azurerm_postgresql_flexible_server" "main" {
      sku_name = "GP_Standard_D2s_v3"
    }
    resource "azurerm_postgresql_flexible_server_configuration" "pooler" {
      server_id = azurerm_postgresql_flexible_server.main.id
      name      = "pgbouncer.enabled"
      value     = "true"
    }
    resource "azurerm_container_app" "api" {
      template {
        max_replicas = 4
        container {
          name    = "api"
          image   = "registry.example/api"
          command = ["uvicorn", "shop.api:app"]
          env {
            name  = "DATABASE_URL"
            value = "postgresql://api@${azurerm_postgresql_flexible_server.main.fqdn}:6432/shop"
          }
          env {
            name  = "DB_POOL_SIZE"
            value = "10"
          }
        }
      }
    }
    """
    found = topology({"main.tf": dedent(text)})
    (server,) = found.servers
    assert server.ledger.supplied.low == 859 - 15
    (pooler,) = found.poolers
    assert [f.high for f in pooler.clients[0].steady] == [4, 1, 10]
    assert [c.steady[-1].high for c in pooler.opens] == [50]
    assert (pooler.pooler.mode.value, "TimeZone" in pooler.pooler.tracked) == ("transaction", True)


@pytest.mark.parametrize(
    ("stated", "mode"), [("session", "session"), ("TRANSACTION", "transaction"), ("other", None)]
)
def test_the_mode_of_its_pooler_may_be_chosen(stated: str, mode: str | None) -> None:
    text = """
    resource "azurerm_postgresql_flexible_server" "main" {
      sku_name = "GP_Standard_D2s_v3"
    }
    """
    for name, value in {"enabled": "true", "pool_mode": stated}.items():
        text += f"""
    resource "azurerm_postgresql_flexible_server_configuration" "{name}" {{
      server_id = azurerm_postgresql_flexible_server.main.id
      name      = "pgbouncer.{name}"
      value     = "{value}"
    }}
    """
    (pooler,) = topology({"main.tf": dedent(text)}).poolers
    assert pooler.pooler.mode.value == mode
