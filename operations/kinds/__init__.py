"""One file for each operation. They do not know each other."""
