"""Text to trees with spans: one reader a language, no opinions."""
