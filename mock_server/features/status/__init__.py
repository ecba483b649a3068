"""Status: who follows whom, and what they say of themselves."""
