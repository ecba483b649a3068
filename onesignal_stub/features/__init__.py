"""OneSignal's API, one folder per feature: core.py holds the rules, api.py the routes."""
