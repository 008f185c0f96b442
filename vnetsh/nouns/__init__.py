"""The nouns and verbs of the core, a file a noun: its schema, and what expands, settles and exports it."""
