"""A stand-in for Nakama 3.40 that a real Nakama client cannot tell from the real one."""
