"""A project with a database and one web service, for the tests of what a service starts."""

from __future__ import annotations

from collections.abc import Callable

from poollint.model.report import Budget

Audited = Callable[[str, dict[str, str]], Budget]
"""Returns the one budget of a project whose web service runs a command, its files by path."""

DATABASE = """
    import os
    from sqlalchemy import create_engine
    engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=1)
    """
COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: COMMAND
        environment: {DATABASE_URL: "postgresql://shop@db/orders"}
    """
TRACKER = {
    "tracker/views.py": """
        from django.db import connection

        def index(request):
            with connection.cursor() as cursor:
                cursor.execute("select 1")
        """,
    "tracker/wsgi.py": """
        from django.core.wsgi import get_wsgi_application
        application = get_wsgi_application()
        """,
}
