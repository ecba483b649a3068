"""The pytest plugin: servers, clients and sessions as fixtures."""
