"""The guests of a lab: how each is made of Debian's packages, and where the made images are kept."""
