"""Parts are kept within a bound, the newest longest."""

from sodai.serving.cache import Part, PartCache


class Source:
    """Counts how often a part is loaded."""

    def __init__(self, size: int = 40) -> None:
        self.loads: list[str] = []
        self._size = size

    def get(self, cache: PartCache, key: str) -> Part:
        def load() -> tuple[Part, int]:
            self.loads.append(key)
            return {"key": key}, self._size

        return cache.get(key, load)


def test_a_kept_part_is_not_loaded_again() -> None:
    cache, source = PartCache(100), Source()
    assert source.get(cache, "a") == source.get(cache, "a") == {"key": "a"}
    assert source.loads == ["a"]


def test_the_part_unused_for_longest_goes_first_and_the_bound_holds() -> None:
    cache, source = PartCache(100), Source()
    for key in ("a", "b", "a", "c"):
        source.get(cache, key)
    assert ("a" in cache, "b" in cache, "c" in cache) == (True, False, True)
    assert cache.size == 80


def test_a_part_larger_than_the_bound_is_given_but_not_kept() -> None:
    cache, source = PartCache(100), Source(size=101)
    assert source.get(cache, "a") == {"key": "a"}
    assert "a" not in cache
    assert cache.size == 0
