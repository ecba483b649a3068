"""Live Activities: begun on a device, updated and ended by push."""
