"""Players on the pitch: boxes to metres, teams by kit, tracks, the ball."""
