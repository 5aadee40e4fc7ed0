"""Check that the champion is intact and fits the target; else a model has to be trained."""

from sodai.domain.errors import ArtifactDamaged, ModelMissing
from sodai.step import Context, Event, Facts, Week, artifacts, step
from sodai.store.artifacts import NotFound
from sodai.store.folders import Folder
from sodai.store.keys import MODEL_MEMBERS


@step("load_model")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Return the champion's version, or raise `ModelMissing`."""
    try:
        version = artifacts().read_json(week.keys.champion)["version"]
    except NotFound as error:
        raise ModelMissing("there is no champion yet") from error
    folder = Folder.open(artifacts(), week.keys.model(version))
    if folder is None:
        raise ModelMissing(f"the champion {version} has no manifest")
    try:
        for name in folder.files:
            folder.read(name)
    except ArtifactDamaged as error:
        raise ModelMissing(f"the champion {version} is damaged: {error}") from error
    if folder.facts["kind"] == "lightgbm" and not set(MODEL_MEMBERS) <= set(folder.files):
        raise ModelMissing(f"the champion {version} was made by another release")
    shown = ("kind", "trained_through", "rows", "windows")
    return {"version": version, **{key: folder.facts[key] for key in shown}}
