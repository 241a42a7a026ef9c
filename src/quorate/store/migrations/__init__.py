"""Steps from each shape of the tables to the next, run by `quorate.store.open` at start."""
