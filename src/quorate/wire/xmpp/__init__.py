"""XMPP client streams (RFC 6120, RFC 6121): framing, stanzas, requests, XEP-0198 counts."""
