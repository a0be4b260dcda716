"""Who has to give a connection back, and where it is lost."""
