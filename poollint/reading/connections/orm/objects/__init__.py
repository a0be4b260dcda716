"""Objects that keep a session: repositories, services, units of work."""
