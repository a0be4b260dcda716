"""Ansible: what inventories and roles say of PostgreSQL and PgBouncer."""
