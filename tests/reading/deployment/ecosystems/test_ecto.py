"""Ecto's repositories in `config/*.exs`."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems import pools as settled
from poollint.reading.deployment.ecosystems.ecto import claims, merged, read
from poollint.reading.deployment.ecosystems.stating import StatedFile
from tests.reading.deployment.arranging import topology

RUNTIME = """import Config

if config_env() == :prod do
  url = System.get_env("DATABASE_URL") || raise "missing"

  config :shop, Shop.Repo,
    url: url,
    pool_size: String.to_integer(System.get_env("POOL_SIZE") || "10")

  config :shop, Shop.ReadRepo, url: System.fetch_env!("READ_URL"), pool_size: 5
end
"""


def file(text: str, path: str = "config/runtime.exs") -> StatedFile:
    found = read(SourceFile(path, text))
    assert found is not None
    return found


def sizes(*files: StatedFile, environment: str | None = None) -> list[tuple[str, object]]:
    pools = merged(files, environment)
    return [(p.title, p.size and (p.size.variables, p.size.number)) for p in pools]


def test_each_repository_has_a_pool_and_an_address() -> None:
    found = file(RUNTIME)
    assert sizes(found) == [("Shop.Repo", (("POOL_SIZE",), 10)), ("Shop.ReadRepo", ((), 5))]
    assert [p.variables for p in found.pools] == [("DATABASE_URL",), ("READ_URL",)]


def test_what_runs_last_counts() -> None:
    base = file("import Config\nconfig :shop, Shop.Repo, pool_size: 3\n", "config/config.exs")
    assert sizes(file(RUNTIME), base)[0] == ("Shop.Repo", (("POOL_SIZE",), 10))
    later = file("import Config\nconfig :shop, Shop.Repo, ssl: true\n")
    assert sizes(later, base) == [("Shop.Repo", ((), 3))]


@pytest.mark.parametrize(
    "text",
    [
        "config :shop, Shop.Repo, [{:pool_size, size!()}] ++ more\n",
        "for repo <- repos do\n  config :shop, repo, [{:pool_size, 3}]\nend\n",
        "config :shop, Shop.Repo, pool_size: size!()\n",
    ],
)
def test_words_that_are_not_understood_make_the_size_unknown(text: str) -> None:
    base = file("config :shop, Shop.Repo, pool_size: 3\n", "config/config.exs")
    later = read(SourceFile("config/runtime.exs", text))
    assert later is not None
    assert sizes(base, later) == [("Shop.Repo", ((), None))]


def test_an_environment_of_other_files_is_not_known() -> None:
    assert sizes(file(RUNTIME), environment="dev")[1] == ("Shop.ReadRepo", ((), None))


def test_another_adapter_has_no_pool() -> None:
    text = "config :shop, Shop.Repo, adapter: Ecto.Adapters.MyXQL, pool_size: 5\n"
    assert read(SourceFile("config/runtime.exs", text)) is None


def test_which_files_are_read() -> None:
    assert claims("config/runtime.exs")
    assert claims("apps/shop/config/prod.exs")
    assert not claims("config/test.exs")
    assert not claims("runtime.exs")


def test_a_size_that_is_given_a_name_first_is_followed() -> None:
    text = """pool_size = String.to_integer(System.get_env("POOL_SIZE") || "10")
if config_env() === :prod do
  config :shop, Shop.Repo, url: System.get_env("DATABASE_URL"), pool_size: pool_size
end
"""
    assert sizes(file(text)) == [("Shop.Repo", (("POOL_SIZE",), 10))]


def test_a_size_that_is_set_elsewhere_too_is_not_known() -> None:
    text = (
        RUNTIME + "\nconfig :shop, :repo_options, [pool_size: 3]\nKeyword.put(o, :pool_size, 4)\n"
    )
    assert [size for _, size in sizes(file(text))] == [((), None), ((), None)]


@pytest.mark.parametrize(
    ("count", "variables", "found"),
    [
        ("2", {}, (10, 10)),
        ('String.to_integer(System.get_env("POOL_COUNT") || "1")', {}, (5, 5)),
        ('String.to_integer(System.get_env("POOL_COUNT") || "1")', {"POOL_COUNT": "3"}, (15, 15)),
        ("System.schedulers_online()", {}, (5, None)),
    ],
)
def test_several_pools_of_a_repository_are_counted(
    count: str, variables: dict[str, str], found: tuple[int, int | None]
) -> None:
    text = f"config :shop, Shop.Repo, pool_size: 5, pool_count: {count}\n"
    (stated,) = merged((file(text),), None)
    told = {n: Variable(n, Word(v, Basis.STATED, Span.at(".env"))) for n, v in variables.items()}
    argument = settled.pool(stated, told).argument("max_size")
    assert argument
    assert argument.figure
    assert (argument.figure.low, argument.figure.high) == found
    assert argument.span.path == "config/runtime.exs"


def test_pools_of_another_module_are_none_of_a_repository() -> None:
    text = RUNTIME + "config :shop, Shop.Http,\n  pool_size: 50,\n  pool_count: 4\n"
    found = file(text)
    assert sizes(found) == sizes(file(RUNTIME))
    assert [pool.times for pool in found.pools] == [None, None]


REPO = "config :shop, Shop.Repo, pool_size: 5\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("config :shop, Oban, repo: Shop.Repo, queues: [mail: 5]\n", 2),
        ("config :shop, Oban, repo: Shop.Repo, notifier: Oban.Notifiers.PG\n", 0),
        ("config :shop, Oban, repo: Shop.Repo, notifier: Oban.Notifiers.Postgres\n", 2),
        ("# config :shop, Oban, repo: Shop.Repo\n", 0),
        ("config :libcluster, topologies: [a: [strategy: Cluster.Strategy.Postgres]]\n", 2),
        ("config :libcluster, topologies: [a: [strategy: Cluster.Strategy.Gossip]]\n", 0),
    ],
)
def test_what_listens_has_a_connection_beside_the_pools(text: str, line: int) -> None:
    place = file(REPO + text).beside
    assert (place.start.line if place else 0) == line


def test_a_connection_beside_the_pools_is_told_and_not_counted() -> None:
    compose = """services:
  db: {image: "postgres:16"}
  web: {build: ., environment: {DATABASE_URL: "ecto://shop@db/shop"}}
"""
    files = {
        "compose.yaml": compose,
        "Dockerfile": 'FROM elixir:1.17\nCOPY . .\nCMD ["bin/shop", "start"]\n',
        "config/runtime.exs": RUNTIME + "config :shop, Oban, repo: Shop.Repo\n",
    }
    (server,) = topology(files).servers
    assert server.missing == ("`web`: what it opens beside its pools (config/runtime.exs:12)",)


OF_ADAPTER = """
defmodule Shop.EventRepo do
  @moduledoc "What is counted."

  use Ecto.Repo,
    otp_app: :shop,
    adapter: Ecto.Adapters.ADAPTER

  def usual, do: :ok
end
"""
EVENTS = RUNTIME.replace("Shop.ReadRepo", "Shop.EventRepo")


@pytest.mark.parametrize(
    ("adapter", "titles"),
    [
        ("ClickHouse", ["Shop.Repo"]),
        ("MyXQL", ["Shop.Repo"]),
        ("Postgres", ["Shop.Repo", "Shop.EventRepo"]),
    ],
)
def test_a_repository_of_another_database_has_no_pool_here(adapter: str, titles: list[str]) -> None:
    path = "apps/shop/lib/shop/event_repo.ex"
    made = read(SourceFile(path, OF_ADAPTER.replace("ADAPTER", adapter)))
    files = (file(EVENTS), *((made,) if made else ()))
    assert [title for title, _ in sizes(*files)] == titles
    assert claims(path)
    assert made is None or (made.kind, made.home) == ("repository", "apps/shop")


def test_a_repository_of_another_database_is_in_no_sum() -> None:
    compose = """
        services:
          db: {image: "postgres:16"}
          web:
            build: .
            environment: {DATABASE_URL: "ecto://shop@db/shop", READ_URL: "http://events:8123/shop"}
        """
    tree = {"compose.yaml": compose, "config/runtime.exs": EVENTS, "Dockerfile": "FROM elixir\n"}
    made = {"lib/shop/event_repo.ex": OF_ADAPTER.replace("ADAPTER", "ClickHouse")}
    (server,) = topology({**tree, **made}).servers
    assert [client.name for client in server.clients] == ["web"]
