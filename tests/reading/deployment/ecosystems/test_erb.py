"""YAML between statements of Ruby."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.erb import plain
from poollint.reading.deployment.ecosystems.rails import read
from poollint.reading.deployment.ecosystems.stating import StatedFile

HEAD = """default: &default
  adapter: postgresql
  pool: <%= ENV.fetch('RAILS_MAX_THREADS') { 5 } %>
"""
REST = """
  <% if ENV['DATABASE_HOST'] %>host: <%= ENV['DATABASE_HOST'] %><% end %>
test:
  <<: *default
  <%
    suffix = begin
      'a' if true
    end
  %>
  database: shop_test<%= suffix %>
production:
  <<: *default
  url: <%= ENV['DATABASE_URL'] %>
"""


def left(text: str) -> str | None:
    found = plain(SourceFile("config/database.yml", text))
    return found.text if isinstance(found, SourceFile) else found


def test_statements_are_emptied_and_no_line_moves() -> None:
    text = "a: 1\n<% x = begin\n  y\nend %>\nb: <%= x %>\n"
    assert left(text) == "a: 1\n" + " " * 12 + "\n   \n" + " " * 6 + "\nb: <%= x %>\n"


def test_what_is_written_means_nothing_in_yaml() -> None:
    text = f"""{HEAD}test:
  <<: *default
  database: shop<%= ENV["N"] == "1" ? "" : "a #{{n}}" %>
production:
  <<: *default
  url: <%= ENV.fetch("DATABASE_URL", "").sub("postgres://", "postgis://") %>
"""
    found = read(SourceFile("config/database.yml", text))
    assert isinstance(found, StatedFile)
    (pool,) = found.pools
    assert pool.size
    assert (pool.chosen, pool.size.variables, pool.size.number) == (
        "production", ("RAILS_MAX_THREADS",), 5
    )  # fmt: skip


def test_what_stands_under_a_condition_is_left_out() -> None:
    text = "a: 1\n<% if ENV['H'] %>host: x<% else %>host: y<% end %>\nb: 2\n"
    found = left(text)
    assert found is not None
    assert "host" not in found
    assert found.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "<% if a %>\n  pool: 5\n<% end %>\n",
        "<% if a %>\nproduction:\n<% end %>\n",
        "<% unless a %>\n  <<: *default\n<% end %>\n",
        "<% names.each do |name| %>\n<%= name %>:\n<% end %>\n",
        "<% names.each { |name| %>\n  host: x\n<% } %>\n",
        "<% if a %>\n  host: x\n",
        "<% end %>\n",
    ],
)
def test_what_would_hide_a_number_is_not_understood(text: str) -> None:
    assert left(text) is None


def test_a_file_with_conditions_states_its_pools() -> None:
    found = read(SourceFile("config/database.yml", HEAD + REST))
    assert isinstance(found, StatedFile)
    (pool,) = found.pools
    assert pool.size
    assert (pool.size.number, pool.size.variables) == (5, ("RAILS_MAX_THREADS",))
    assert pool.variables == ("DATABASE_URL",)
