"""Sessions that nobody is handed: a registry keeps them for whoever asks."""
