"""Pools of the code, as the settings of frameworks and mappers size them."""
