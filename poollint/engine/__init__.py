"""Runs rules over facts.

`session` knows the steps; `files`, `settings`, `work` and `memory` are what they need.
"""
