"""The forecast itself: pure functions of data, without AWS, clock or environment."""
