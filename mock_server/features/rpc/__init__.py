"""RPC: functions of server modules, called by clients."""
