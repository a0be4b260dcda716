"""A web application with a pool, in a manifest: what is said of it is asked in several tests."""

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/shop:1
          command: [gunicorn, "-w2", "shop.api:app"]
          env: [ENV]
"""
SHOP = {
    "shop/api.py": """
        import os
        from sqlalchemy import create_engine
        engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=6)
        """
}
COUNTLESS = "`web`: how many connections it opens is not known (3 replicas, 4 while rolled out)"
COUNTLESS += ", for its image is built elsewhere"
URL = '{name: DATABASE_URL, value: "postgresql://shop@far.example/orders"}'


def uncounted(files: dict[str, str]) -> tuple[str, ...]:
    """Return what is told to be in no sum."""
    return linking.uncounted(linking.link(readings(files), Options()))


def web(env: str, name: str = "web") -> str:
    """Return the manifest with these variables."""
    return WEB.replace("ENV", env).replace("name: web}", f"name: {name}}}")
