"""How bytes are had: the IM listener, its TLS and its upstream connections. First layer with I/O."""
