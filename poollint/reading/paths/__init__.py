"""The ways through one function: its graph, what raises, what tests tell."""
