"""What runs, how often, and in which processes."""
