"""One function with a mode for everything a step may do."""

import json
import os
import time

import boto3
from toylib import DataContractError, TransientError

s3 = boto3.client("s3")
bucket = os.environ["ARTIFACTS_BUCKET"]
calls = 0


def handler(event, context):
    global calls  # noqa: PLW0603 - the point: a warm worker keeps it
    calls += 1
    return MODES[event.get("mode", "facts")](event, context)


def facts(event, context):
    print("a line of the handler")
    return {
        "greeting": os.environ["GREETING"],
        "calls": calls,
        "pid": os.getpid(),
        "request_id": context.aws_request_id,
        "memory": int(context.memory_limit_in_mb),
        "log_group": context.log_group_name,
        "log_stream": context.log_stream_name,
        "left_ms": context.get_remaining_time_in_millis(),
    }


def environment(event, context):
    return {"own": dict(os.environ), "parent": parent_environment()}


def parent_environment():
    with open(f"/proc/{os.getppid()}/environ", "rb") as file:  # noqa: PTH123
        pairs = (pair.partition(b"=") for pair in file.read().split(b"\0") if pair)
        return {name.decode(): value.decode() for name, _, value in pairs}


def transient(event, context):
    key = f"own/attempts/{event['name']}"
    tried = len(s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", []))
    if tried < 2:
        s3.put_object(Bucket=bucket, Key=f"{key}/{tried}")
        raise TransientError(f"attempt {tried}")
    return {"attempts": tried + 1}


def broken(event, context):
    raise DataContractError("42 rows rejected")


def boom(event, context):
    raise ValueError("boom")


def sleep(event, context):
    time.sleep(event["seconds"])
    return {"slept": event["seconds"]}


def leave(event, context):
    os._exit(3)


def unserializable(event, context):
    return {"x": object()}


def noise(event, context):
    for _ in range(2000):
        os.write(1, b"noise of a C library on file descriptor 1\n")
    return {"lines": 2000}


def silent(event, context):
    return {}


def wide(event, context):
    key = f"own/items/{event['name']}.json"
    items = [{"part": part, "fail": part in event.get("fail", [])} for part in range(3)]
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(items).encode())
    return {"wide": True, "items": key}


def part(event, context):
    if event["fail"]:
        raise DataContractError(f"part {event['part']}")
    return {"part": event["part"], "pid": os.getpid()}


def write(event, context):
    s3.put_object(Bucket=bucket, Key=event["key"], Body=b"written")
    return {"wrote": event["key"]}


def read(event, context):
    body = s3.get_object(Bucket=event.get("bucket", bucket), Key=event["key"])["Body"].read()
    return {"size": len(body)}


def read_log(event, context):
    place = {"logGroupName": event["group"], "logStreamName": context.log_stream_name}
    return {"events": len(boto3.client("logs").get_log_events(**place)["events"])}


def delivered(event, context):
    return {"delivered": True}


MODES = {
    "facts": facts,
    "environment": environment,
    "transient": transient,
    "broken": broken,
    "boom": boom,
    "sleep": sleep,
    "leave": leave,
    "unserializable": unserializable,
    "noise": noise,
    "silent": silent,
    "wide": wide,
    "part": part,
    "write": write,
    "read": read,
    "read_log": read_log,
    "delivered": delivered,
}
