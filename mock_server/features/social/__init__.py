"""Facebook and Steam, which the mock plays: players log in and bring their friends."""
