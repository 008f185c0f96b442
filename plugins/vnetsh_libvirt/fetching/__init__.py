"""Images that hosts fetch: the program that a host runs for that, and how it is driven from here."""
