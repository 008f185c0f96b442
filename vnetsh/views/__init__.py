"""What can be told of one thing, and how things hang together: as data, for tables, pages and JSON."""
