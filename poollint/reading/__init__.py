"""From syntax to facts: one reader a sort of file, and the linking of what they read."""

from poollint.syntax.later import load_later

load_later("libcst")  # whoever reads a function that matters uses it; most runs read few
