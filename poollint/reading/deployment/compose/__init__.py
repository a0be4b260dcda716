"""Compose and Swarm: projects, merged and interpolated as Docker Compose does it."""
