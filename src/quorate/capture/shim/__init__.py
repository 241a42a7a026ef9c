"""The library that works inside a client's process, and how it is built. docs/attach.md, “Protocol”."""
