"""The benchmark of the monitoring: faults injected into real weeks, and what a retrain is worth."""
