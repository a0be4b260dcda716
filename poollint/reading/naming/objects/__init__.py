"""What an object is: of which class, which connection, kept where."""
