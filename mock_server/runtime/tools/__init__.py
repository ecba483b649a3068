"""Runtime functions that know no feature."""
