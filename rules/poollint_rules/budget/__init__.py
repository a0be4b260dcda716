"""Sums of connections that do not fit."""
