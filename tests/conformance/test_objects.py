"""S3: conditional writes, which claims and pointers stand on."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from sodai.store.artifacts import Artifacts
from sodai_local.cloud import Cloud


@pytest.fixture
def key() -> str:
    return f"own/{uuid4().hex}"


def refusal(call) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def test_object_is_created_only_once(toy: Cloud, key: str):
    s3, bucket = toy.client("s3"), toy.bucket()
    s3.put_object(Bucket=bucket, Key=key, Body=b"1", IfNoneMatch="*")
    again = lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"2", IfNoneMatch="*")  # noqa: E731
    assert refusal(again) == "PreconditionFailed"


def test_pointer_swings_only_from_the_version_read(toy: Cloud, key: str):
    s3, bucket = toy.client("s3"), toy.bucket()
    first = s3.put_object(Bucket=bucket, Key=key, Body=b"1")["ETag"]
    s3.put_object(Bucket=bucket, Key=key, Body=b"2", IfMatch=first)
    stale = lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"3", IfMatch=first)  # noqa: E731
    assert refusal(stale) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"2"


def test_pointer_that_is_absent_cannot_swing(toy: Cloud, key: str):
    s3, bucket = toy.client("s3"), toy.bucket()
    swing = lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"1", IfMatch='"x"')  # noqa: E731
    assert refusal(swing) == "NoSuchKey"


def test_of_ten_writers_one_wins(toy: Cloud, key: str):
    s3, bucket = toy.client("s3"), toy.bucket()

    def write(number: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as error:
            return error.response["Error"]["Code"] not in {"PreconditionFailed", "409"}
        return True

    with ThreadPoolExecutor(10) as writers:
        assert sum(writers.map(write, range(10))) == 1


def test_updates_side_by_side_lose_nothing(toy: Cloud, key: str):
    store = Artifacts(toy.bucket(), toy.client("s3"))
    with ThreadPoolExecutor(4) as writers:
        list(
            writers.map(lambda i: store.update_json(key, lambda now: [*(now or []), i]), range(12))
        )
    assert sorted(store.read_json(key)) == list(range(12))


def test_unchanged_object_is_not_sent_again(toy: Cloud, key: str):
    s3, bucket = toy.client("s3"), toy.bucket()
    tag = s3.put_object(Bucket=bucket, Key=key, Body=b"1")["ETag"]
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key=key, IfNoneMatch=tag)) == "304"


def test_listing_comes_in_pages_in_order(toy: Cloud, key: str):
    s3, bucket = toy.client("s3"), toy.bucket()
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"{key}/{number}")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"{key}/", PaginationConfig={"PageSize": 2}
    )
    found = [[item["Key"][-1] for item in page["Contents"]] for page in pages]
    assert found == [["0", "1"], ["2", "3"], ["4"]]
