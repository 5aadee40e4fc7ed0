"""Objects in the bucket: written once, or swung as a pointer by conditional write."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

from sodai.domain.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MISSING: Final = {"NoSuchKey", "404", "NotFound"}
CONFLICT: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
UPDATE_ATTEMPTS: Final = 12

Answer = TypeVar("Answer")


class NotFound(KeyError):
    """No object under this key."""


class Conflict(Exception):
    """Somebody else wrote the object first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a listing."""

    key: str
    etag: str
    size: int
    modified: datetime


def as_json(value: object) -> bytes:
    """Return deterministic JSON; NaN is refused, because it is not JSON."""
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str
    ).encode()


class Artifacts:
    """One bucket of artifacts.

    Parameters
    ----------
    bucket : str
        Name of the bucket.
    client : S3Client
        A boto3 S3 client.
    """

    def __init__(self, bucket: str, client: "S3Client") -> None:
        self.bucket = bucket
        self._s3 = client

    def read(self, key: str) -> bytes:
        """Return an object's bytes; raise `NotFound` if there is none."""
        return self.read_with_etag(key)[0]

    def read_json(self, key: str) -> Any:
        """Return an object's parsed JSON; raise `NotFound` if there is none."""
        return json.loads(self.read(key))

    def read_with_etag(self, key: str) -> tuple[bytes, str]:
        """Return an object's bytes and its ETag."""
        answer = self._call(key, lambda: self._s3.get_object(Bucket=self.bucket, Key=key))
        return answer["Body"].read(), answer["ETag"]

    def read_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | None:
        """Return bytes and ETag, or None while the object still carries ``etag``."""
        if etag is None:
            return self.read_with_etag(key)
        try:
            answer = self._call(
                key, lambda: self._s3.get_object(Bucket=self.bucket, Key=key, IfNoneMatch=etag)
            )
        except _NotModified:
            return None
        return answer["Body"].read(), answer["ETag"]

    def exists(self, key: str) -> bool:
        """Tell whether there is an object under this key."""
        try:
            self._call(key, lambda: self._s3.head_object(Bucket=self.bucket, Key=key))
        except NotFound:
            return False
        return True

    def write_once(self, key: str, body: bytes, content_type: str = "") -> bool:
        """Write an object unless it is there: artifacts are never rewritten; tell which."""
        try:
            self._put(key, body, content_type, IfNoneMatch="*")
        except Conflict:
            return False
        return True

    def write_json_once(self, key: str, value: object) -> None:
        """Write JSON unless the object is there."""
        self.write_once(key, as_json(value), "application/json")

    def swing(self, key: str, value: object, etag: str | None) -> str:
        """Write a pointer if it still carries ``etag`` (None: if there is none yet).

        Returns
        -------
        str
            The new ETag.

        Raises
        ------
        Conflict
            If somebody else wrote it meanwhile.
        """
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        return self._put(key, as_json(value), "application/json", **condition)

    def update_json(self, key: str, change: Callable[[Any], Any]) -> Any:
        """Read, change and write a pointer or a running record until no race is lost.

        Parameters
        ----------
        key : str
            The object's key.
        change : callable
            Gets the present JSON (None if there is none) and returns the new one; the object
            is left alone when it returns the same value.
        """
        for attempt in range(UPDATE_ATTEMPTS):
            try:
                body, etag = self.read_with_etag(key)
                before: Any = json.loads(body)
            except NotFound:
                before, etag = None, ""
            after = change(before)
            if before is not None and as_json(after) == body:
                return after
            try:
                self.swing(key, after, etag or None)
            except Conflict:
                time.sleep(random.uniform(0, 0.02 * 2**attempt))
            else:
                return after
        raise TransientError(f"lost {UPDATE_ATTEMPTS} races for {key}")

    def list(self, prefix: str) -> Iterator[Entry]:
        """Go through the objects under a prefix, in the order of their keys."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for item in page.get("Contents", []):
                yield Entry(item["Key"], item["ETag"], item["Size"], item["LastModified"])

    def delete(self, key: str) -> None:
        """Take an object away: only deliveries, once they are safe elsewhere."""
        self._call(key, lambda: self._s3.delete_object(Bucket=self.bucket, Key=key))

    def _put(self, key: str, body: bytes, content_type: str, **condition: str) -> str:
        request: dict[str, Any] = {"Bucket": self.bucket, "Key": key, "Body": body, **condition}
        if content_type:
            request["ContentType"] = content_type
        answer = self._call(key, lambda: self._s3.put_object(**request))
        return str(answer["ETag"])

    def _call(self, key: str, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
            if code in MISSING:
                raise NotFound(key) from error
            if code in CONFLICT:
                raise Conflict(key) from error
            if status == 304:
                raise _NotModified(key) from error
            if status >= 500 or code in {"SlowDown", "RequestTimeout"}:
                raise TransientError(f"S3 answered {code} for {key}") from error
            raise
        except (EndpointConnectionError, HTTPClientError) as error:
            raise TransientError(f"S3 cannot be reached for {key}: {error}") from error


class _NotModified(Exception):
    pass
