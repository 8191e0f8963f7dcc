"""Whether a picture is fit for a wall: a number, by which a check of pictures can say no."""
