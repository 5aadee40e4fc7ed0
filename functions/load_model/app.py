"""Find the model to forecast with: the champion, or the newest intact one before it."""

from sodai.domain.errors import ModelMissing
from sodai.step import Context, Event, Facts, Week, artifacts, logger, step
from sodai.store.versions import newest_intact

SHOWN = ("version", "kind", "trained_through", "rows", "windows")


@step("load_model")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Return the version to forecast with and those refused, or raise `ModelMissing`."""
    metadata, refused = newest_intact(artifacts(), week.keys, week.target)
    for one in refused:
        logger.error("a model is not intact", refused=one)
    if metadata is None:
        raise ModelMissing("no model is intact" if refused else "there is no champion yet")
    return {**{key: metadata[key] for key in SHOWN}, "refused": refused}
