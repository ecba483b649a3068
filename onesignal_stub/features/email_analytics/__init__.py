"""E-mail analytics: delivery and opening of e-mails."""
