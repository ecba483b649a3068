"""The matchmaker: who looks for others to play with, and who finds whom."""
