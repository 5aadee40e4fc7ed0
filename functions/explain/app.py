"""Say what the model goes by: importance as JSON and pictures."""

from sodai.domain.explanation import explained_sample, importance, plots
from sodai.domain.training import Model
from sodai.step import Context, Event, Facts, Week, artifacts, settings, step
from sodai.store.artifacts import as_json
from sodai.store.clean import read_manifest
from sodai.store.feature_sets import plan_features, read_table
from sodai.store.folders import Folder, FolderWriter
from sodai.store.models import read_model

MANIFEST = "explanation.json"
SHOWN = 8


@step("explain")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Explain the model that forecasts, once per version."""
    version = event["evaluate"]["version"]
    prefix = week.keys.model(version)
    if sealed := Folder.open(artifacts(), prefix, MANIFEST):
        return sealed.facts
    stored = read_model(artifacts(), prefix, settings().threads)
    folder = FolderWriter(artifacts(), prefix, MANIFEST)
    if not isinstance(stored.scorer, Model):
        return folder.seal({"version": version, "explained": False, "reason": "BASELINE"})
    manifest, _ = read_manifest(artifacts())
    wanted = plan_features(manifest or {}, week.target, week.as_of, settings().shards)
    table = explained_sample(read_table(artifacts(), week.keys, wanted.target))
    contributions = stored.scorer.contributions(table)
    told = importance(stored.scorer, contributions)
    folder.write("feature_importance.json", as_json(told), "application/json")
    for name, picture in plots(stored.scorer, table, contributions).items():
        folder.write(f"plots/{name}", picture, "image/png")
    return folder.seal(
        {"version": version, "explained": True, "top": told["features"][:SHOWN], "folder": prefix}
    )
