"""The ways to a host: commands, sockets and links, here or over ssh."""
