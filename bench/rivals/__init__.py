"""What the product is compared with: the same rows, carried by somebody else's queue."""
