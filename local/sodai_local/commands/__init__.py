"""One module per group of commands; each registers its own with the Typer application."""
