"""Templates of what runs, which are told and not read."""

from __future__ import annotations

import pytest

from poollint.reading.project import reader_of
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

UNIT = "[Service]\nExecStart=/bin/bash -lc 'bundle exec puma -C {{ home }}/puma.rb'\n"
RAILS = "production:\n  adapter: postgresql\n  pool: {{ pool }}\n"
CELERY = "[Service]\nExecStart=/bin/sh -c '${CELERY_BIN} multi start {{ nodes }}'\n"
SUPERVISOR = "[program:web]\ncommand={{ venv }}/bin/uvicorn shop:app\n"
GUNICORN = "workers = {{ workers }}\n{% if debug %}\nreload = True\n{% endif %}\n"
PM2 = """module.exports = {
  apps: [{ name: "web", script: "server.js",
    instances: {{ instances }} }],
};
"""
COMPOSE = "services:\n  db:\n    image: postgres:{{ version }}\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("roles/web/templates/puma.service.j2", UNIT),
        ("roles/web/templates/celeryd.service.j2", CELERY),
        ("roles/web/templates/supervisord.conf.j2", SUPERVISOR),
        ("roles/web/templates/gunicorn.py.j2", GUNICORN),
        ("roles/web/templates/ecosystem.config.js.j2", PM2),
        ("roles/app/templates/database.yml.j2", RAILS),
        ("templates/docker-compose.yaml.j2", COMPOSE),
    ],
)
def test_a_template_of_what_opens_connections_is_told(path: str, text: str) -> None:
    (reading,) = readings({path: text})
    (unread,) = reading.unread
    assert (unread.span.path, unread.broken) == (path, False)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("roles/web/templates/nginx.service.j2", "[Service]\nExecStart=/usr/sbin/nginx\n"),
        ("roles/web/templates/gunicorn-log.conf.j2", "[handlers]\nkeys = {{ keys }}\n"),
        ("roles/web/templates/ecosystem.config.js.j2", "exports.apps = [{ script: 'a.js' }];\n"),
        ("roles/web/templates/settings.yml.j2", "color: {{ color }}\n"),
        ("roles/web/templates/puma.rb.j2", "workers {{ workers }}\n"),
    ],
)
def test_other_templates_are_not(path: str, text: str) -> None:
    reader = reader_of(path)
    assert reader is None or not reader.screen(text.encode(), Options())
