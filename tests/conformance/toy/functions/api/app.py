"""An API that answers 404, 405 and preflights itself, as FastAPI does."""

import json

ORIGIN = "http://site.example"


def handler(event, context):
    method, path = event["httpMethod"], event["path"]
    if path == "/crash":
        raise RuntimeError("crash")
    if path not in {"/echo", "/items/a b", "/"}:
        return answer(404, {"detail": "unknown"})
    if method == "OPTIONS":
        return answer(200, {}, {"Access-Control-Allow-Origin": ORIGIN})
    if method not in {"GET", "HEAD", "POST"}:
        return answer(405, {"detail": "not allowed"}, {"Allow": "GET, HEAD, POST"})
    told = {"path": path, "query": event["multiValueQueryStringParameters"]}
    return answer(200, told | {"body": event["body"]}, {"ETag": '"v1"'})


def answer(status, body, headers=None):
    head = {"Content-Type": "application/json", **(headers or {})}
    return {"statusCode": status, "headers": head, "body": json.dumps(body)}
