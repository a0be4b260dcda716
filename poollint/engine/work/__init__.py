"""Where work is done: in this process, in several, on other machines."""
