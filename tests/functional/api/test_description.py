"""The API describes itself: every field, every problem, and a page that needs no foreign host."""

import re
from typing import Any

import pytest

from tests.functional.api.conftest import Api

ADDRESSES = {
    "/health",
    "/predict",
    "/predict/batch",
    "/predict/csv",
    "/predictions/positives",
    "/weeks",
    "/recommendations",
    "/recommendations/new",
    "/customers",
    "/customers/{customer_id}/info",
    "/customers/{customer_id}/history",
    "/products",
    "/products/{product_id}/info",
    "/calls",
    "/runs",
    "/runs/{run}",
    "/runs/{run}/logs",
    "/ask",
    "/drift",
    "/performance",
    "/model/info",
    "/model/importance",
    "/model/versions",
}


@pytest.fixture
def schema(api: Api) -> Any:
    return api.get("/openapi.json").body


def test_every_address_is_described(schema: Any) -> None:
    assert {*schema["paths"]} == ADDRESSES
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            for parameter in operation.get("parameters", []):
                assert parameter["description"], parameter
                assert parameter["schema"].get("examples") or parameter.get("examples"), parameter


def test_the_limits_of_ids_are_exact(schema: Any) -> None:
    field = schema["components"]["schemas"]["Pair"]["properties"]["customer_id"]
    assert (field["minimum"], field["maximum"]) == (-(2**63), 2**63 - 1)
    assert isinstance(field["maximum"], int)


def kinds(field: dict[str, Any]) -> set[str]:
    return {option.get("type", "") for option in field.get("anyOf", [field])}


def is_made_of_models(field: dict[str, Any]) -> bool:
    """Its own fields are documented in their turn."""
    return "#/components/schemas/" in str(field)


def test_every_field_has_a_description_an_example_and_numbers_have_a_unit(schema: Any) -> None:
    fields = [
        (f"{name}.{key}", field)
        for name, model in schema["components"]["schemas"].items()
        for key, field in model["properties"].items()
    ]
    assert len(fields) > 80
    for name, field in fields:
        assert field.get("description"), name
        assert field.get("examples") or is_made_of_models(field), name
        if kinds(field) & {"number", "integer"} and not name.endswith("_id"):
            assert field.get("x-unit"), name


def test_problems_are_described_as_problems(schema: Any) -> None:
    for operations in schema["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert [*answer["content"]] == ["application/problem+json"]
                    example = answer["content"]["application/problem+json"]["example"]
                    assert example["status"] == int(status)
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_the_page_loads_only_its_own_files_and_has_no_inline_script(api: Api) -> None:
    page = api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"https?://|\son\w+=|<script(?![^>]*src=)|<style", page.text)
    links = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
    assert len(links) == 4
    for link in links:
        reply = api.get(f"/{link}")
        assert reply.status == 200
        assert "immutable" in reply.headers["cache-control"]
        kind = "text/css" if link.endswith(".css") else "text/javascript"
        assert reply.headers["content-type"].startswith(kind)


def test_the_root_leads_to_the_documentation(api: Api) -> None:
    reply = api.get("/")
    assert (reply.status, reply.headers["location"]) == (307, "/api/docs")
