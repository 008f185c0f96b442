"""A library: OVSDB's wire (RFC 7047), for plugins whose places keep what they know in such a database."""
