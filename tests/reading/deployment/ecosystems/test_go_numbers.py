"""Numbers of Go's pools: a variable with a default, a field of the application's settings."""

from __future__ import annotations

import pytest

from tests.reading.deployment.arranging import topology

FILES = {
    "compose.yaml": """
        services:
          api:
            build: .
            environment: {DATABASE_URL: "postgresql://shop@db/orders"MORE}
          db: {image: "postgres:16"}
        """,
    "Dockerfile": 'FROM golang:1.23\nCOPY . .\nCMD ["/api"]\n',
    "go.mod": "module acme/api\nrequire github.com/jackc/pgx/v5 v5.7.0\n",
}
DB = """
    package db
    func Open(cfg config.Database) {
        db, _ := sql.Open("pgx", os.Getenv("DATABASE_URL"))
        db.SetMaxOpenConns(%s)
    }
    """
LITERAL = """
    package config
    func Load() Config {
        return Config{Name: getEnv("NAME", "x"), MaxConns: %s, MaxIdleConns: 2}
    }
    """
DECLARED = "package config\ntype Database struct {\n    MaxConns int `%s`\n}\n"
READ = 'getEnvInt("DB_MAX_CONNS", 50)'


def most(size: str, config: str, more: str = "") -> int | None:
    """Return the most connections of a program, None where that is not known."""
    files = {**FILES, "internal/db/db.go": DB % size}
    files |= {"internal/config/config.go": config} if config else {}
    files["compose.yaml"] = FILES["compose.yaml"].replace("MORE", more)
    (server,) = topology(files).servers
    return server.clients[0].entry.total.high if server.clients else None


@pytest.mark.parametrize(
    ("size", "found"),
    [
        (READ, 50),
        (f"int({READ})", 50),
        ('env.Int("DB_MAX_CONNS", 25)', 25),
        ('limits("DB_MAX_CONNS", 25)', None),
        ('getEnvInt("DB_MAX_CONNS", fallback)', None),
        (f"2 * {READ}", None),
    ],
)
def test_what_reads_a_variable_may_have_a_default(size: str, found: int | None) -> None:
    assert most(size, "") == found
    if found:
        assert most(size, "", ", DB_MAX_CONNS: '7'") == 7


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (LITERAL % READ, 50),
        (LITERAL % "30", 30),
        (LITERAL % "30" + "func set(c *Config) { c.MaxConns = limit() }\n", None),
        (LITERAL % READ + LITERAL % "30", None),
        (DECLARED % 'env:"DB_MAX_CONNS" envDefault:"20"', 20),
        (DECLARED % 'envconfig:"DB_MAX_CONNS" default:"20"', 20),
        (DECLARED % 'yaml:"max" env:"DB_MAX_CONNS" envDefault:"20"', None),
        (DECLARED % 'env:"DB_MAX_CONNS" envDefault:"many"', None),
    ],
)
def test_another_file_may_say_what_a_field_holds(config: str, found: int | None) -> None:
    assert most("cfg.MaxConns", config) == found
    assert most("int32(cfg.Database.MaxConns)", config) == found
    assert most("cfg.MaxOpen", config) is None
