"""The part of the console API that test harnesses use."""
