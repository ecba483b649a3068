"""E-mail analytics: what became of the e-mails that were sent."""
