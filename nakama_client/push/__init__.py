"""What plays a phone whose app has OneSignal's SDK inside."""
