"""Look for a better recipe: seeded, resumable, and never worse than the default."""

from sodai.domain.search.study import SearchState, search, validation_split

__all__ = ["SearchState", "search", "validation_split"]
