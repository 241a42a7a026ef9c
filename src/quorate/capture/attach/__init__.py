"""In-process attach: the bytes of a client that was told nothing, read and answered inside it."""
