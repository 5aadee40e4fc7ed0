"""The only place that knows S3: keys, artifacts, pointers, claims, run records."""
