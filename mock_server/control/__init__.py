"""`/_control`: what a test harness in another process asks of the mock itself.

It is served on the console's port, so that the client API has no path that Nakama has not.
"""
