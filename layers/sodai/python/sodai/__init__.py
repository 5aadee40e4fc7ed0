"""SodAI: weekly forecasts of what each shop will order."""
