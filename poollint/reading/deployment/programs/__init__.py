"""What a container or machine starts: commands, and how many processes they make."""
