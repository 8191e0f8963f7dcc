"""Reading: what is written in a picture."""
