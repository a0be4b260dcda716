"""Which calls wait for something outside the database, for what and how long."""
