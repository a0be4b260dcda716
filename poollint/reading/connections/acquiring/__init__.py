"""How a function comes by a connection: it takes one, is handed one, enters a block with one."""
