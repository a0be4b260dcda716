"""Connections that several threads or tasks use."""
