"""Connections that are not given back."""
