"""How the real server's Go libraries read and write the wire: pure functions, no I/O."""
