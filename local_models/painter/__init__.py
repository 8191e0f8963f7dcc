"""The prompt painter: a picture computed from the words, the same for the same words."""
