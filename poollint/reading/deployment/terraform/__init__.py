"""Terraform: what its resources run, and the databases that they connect to."""
