"""Connections and pools opened, built or held at the wrong time."""
