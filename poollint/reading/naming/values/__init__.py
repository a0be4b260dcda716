"""What expressions come to: numbers, texts, variables of the environment, database URLs."""
