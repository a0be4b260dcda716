"""The settings of PgBouncer and PostgreSQL."""
