"""What a private installation can be given besides its code: an altered clock, a broken promise."""
