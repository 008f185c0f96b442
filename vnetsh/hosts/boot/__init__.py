"""What a host's own network system does at each start, so that what was made there comes again."""
