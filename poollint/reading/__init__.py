"""From syntax to facts: one reader a sort of file, and the linking of what they read."""
