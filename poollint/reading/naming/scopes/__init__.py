"""What names mean in one module."""
