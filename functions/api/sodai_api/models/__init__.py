"""What is sent and received; every field says what it is, its unit, and shows an example."""
