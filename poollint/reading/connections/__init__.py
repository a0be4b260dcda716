"""What functions do with connections, sessions and pools."""
