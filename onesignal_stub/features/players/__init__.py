"""Players: the devices of the API before the user model."""
