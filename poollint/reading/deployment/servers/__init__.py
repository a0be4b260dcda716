"""Servers and poolers that run in containers, and what decides their settings."""
