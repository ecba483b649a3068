"""Plays a phone whose app contains OneSignal's SDK."""
