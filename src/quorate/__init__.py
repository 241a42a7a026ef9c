"""Quorate gets the right people into one conversation, through the messengers they already use."""

__version__ = "0.1.0"
