"""What can be true of code and infrastructure: frozen, plain, and all that rules judge."""
