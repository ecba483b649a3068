"""OneSignal REST API on loopback: real audiences, recorded pushes, nothing sent."""
