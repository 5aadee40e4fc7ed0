"""The API function: routes, their models, and how answers travel."""
