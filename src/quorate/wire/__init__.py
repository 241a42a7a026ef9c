"""Bytes to events and back, one folder per IM protocol; pure."""
