"""One file for each Nakama feature: its models, its HTTP calls, its socket calls."""
