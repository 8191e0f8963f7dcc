"""One file for each recipe. They do not know each other."""
