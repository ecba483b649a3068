"""Facebook and Steam, whose parts the mock plays: players log in and bring their friends."""
