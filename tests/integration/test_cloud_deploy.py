"""Deployments: nothing to do, refused, failed, cut off; data outlive all of them."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sodai_local.cloud import Cloud
from sodai_local.embedded import EmbeddedCloud
from sodai_local.errors import DeployFailed, LocalError

TOY = Path(__file__).parents[1] / "conformance" / "toy" / "template.yaml"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    with EmbeddedCloud.start(tmp_path_factory.mktemp("cloud"), stack="toy") as embedded:
        embedded.deploy(TOY)
        yield embedded


@pytest.fixture
def cloud(embedded: EmbeddedCloud) -> Cloud:
    embedded.deploy(TOY)
    cloud = embedded.connect()
    cloud.client("s3").put_object(Bucket=cloud.bucket(), Key="own/kept", Body=b"kept")
    return cloud


def is_kept(cloud: Cloud) -> bool:
    body = cloud.client("s3").get_object(Bucket=cloud.bucket(), Key="own/kept")["Body"]
    return bool(body.read() == b"kept")


def greeting(cloud: Cloud) -> str:
    return str(cloud.invoke("step", {"mode": "facts"}).payload["greeting"])


def test_same_sources_are_not_deployed_again(embedded: EmbeddedCloud, cloud: Cloud):
    again = embedded.deploy(TOY)
    assert not again.changed
    assert again.outputs["ArtifactsBucket"] == "toy-artifacts-000000000000"
    assert embedded.deploy(TOY, {"Greeting": "other"}).changed
    assert greeting(cloud) == "other"


def test_failed_deployment_names_the_resource_and_changes_nothing(
    embedded: EmbeddedCloud, cloud: Cloud
):
    with pytest.raises(DeployFailed) as failed:
        embedded.deploy(TOY, {"Broken": "yes", "Greeting": "never"})
    assert "Unmakeable: toy-artifacts-000000000000 already exists" in failed.value.user_message
    assert greeting(cloud) == "hello"
    assert is_kept(cloud)
    assert not embedded.deploy(TOY).changed


def test_refused_template_is_told(embedded: EmbeddedCloud, cloud: Cloud, tmp_path: Path):
    unknown = tmp_path / "template.yaml"
    unknown.write_text("Resources: {Money: {Type: 'AWS::Budgets::Budget'}}")
    with pytest.raises(DeployFailed, match="AWS::Budgets::Budget"):
        embedded.deploy(unknown)
    with pytest.raises(LocalError, match="unknown parameters"):
        embedded.deploy(TOY, {"Gretting": "x"})
    with pytest.raises(LocalError, match="No such file"):
        embedded.deploy(tmp_path / "nowhere.yaml")
    unknown.write_text("Resources: [")
    with pytest.raises(LocalError) as broken:
        embedded.deploy(unknown)
    assert "is not valid YAML" in broken.value.user_message
    assert is_kept(cloud)


def test_running_call_ends_with_the_code_it_began_with(embedded: EmbeddedCloud, cloud: Cloud):
    greeting(cloud)
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, "step", {"mode": "sleep", "seconds": 2})
        time.sleep(0.5)
        assert embedded.deploy(TOY, {"Greeting": "meanwhile"}).changed
        assert greeting(cloud) == "meanwhile"
        assert call.result().payload == {"slept": 2}


def test_deleted_stack_leaves_its_data_and_the_next_one_adopts_them(
    embedded: EmbeddedCloud, cloud: Cloud
):
    cloud.client("cloudformation").delete_stack(StackName="toy")
    cloud.refresh()
    assert not cloud.outputs
    assert embedded.deploy(TOY).changed
    assert is_kept(cloud)


def test_bucket_of_a_living_stack_is_not_adopted(embedded: EmbeddedCloud, cloud: Cloud):
    thief = EmbeddedCloud(embedded.state, "thief")
    stolen = embedded.state.folder / "thief.yaml"
    bucket = f"{{Type: 'AWS::S3::Bucket', Properties: {{BucketName: {cloud.bucket()}}}}}"
    stolen.write_text(f"Resources: {{Loot: {bucket}}}")
    with pytest.raises(DeployFailed, match="already exists"):
        thief.deploy(stolen)
    assert is_kept(cloud)


def test_deployment_cut_off_half_way_is_made_again(embedded: EmbeddedCloud, cloud: Cloud):
    assert not embedded.deploy(TOY).changed
    embedded.stop()
    saved = embedded.state.cloud / "services" / "cloudformation.json"
    half_made = re.sub(r'("StackStatus": "[A-Z]+)_COMPLETE"', r'\1_IN_PROGRESS"', saved.read_text())
    assert half_made != saved.read_text()
    saved.write_text(half_made)
    embedded.up()
    told: list[str] = []
    assert embedded.deploy(TOY, {"Greeting": "again"}, told.append).changed
    assert "cut off" in told[0]
    cloud = embedded.connect()
    assert is_kept(cloud)
    assert greeting(cloud) == "again"
