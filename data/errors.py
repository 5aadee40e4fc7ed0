"""Errors of the generator, told in plain words."""


class GeneratorError(Exception):
    """Base of the errors below; the text is for people."""

    @property
    def user_message(self) -> str:
        """What is wrong, where, and what to do."""
        return str(self)


class BadRecipe(GeneratorError):
    """A distributor that cannot be made."""


class TooShort(GeneratorError):
    """A history on which the naive forecasts cannot be judged."""


class NotGenerated(GeneratorError):
    """A folder whose tables did not come from this generator, so nothing can continue them."""
