"""The parameters of requests."""

from pydantic import Field

from common.parameters import Parameters


class Query(Parameters):
    """An example."""

    limit: int = Field(default=1, alias="most")


class Other(Query):
    """Another one, made from it."""

    cursor: str | None = None


def test_the_schema_is_worked_out_once_for_each_model() -> None:
    assert Query.model_json_schema() is Query.model_json_schema()
    assert Other.model_json_schema()["properties"].keys() == {"most", "cursor"}


def test_a_schema_with_options_is_one_of_its_own() -> None:
    assert Query.model_json_schema(by_alias=False)["properties"].keys() == {"limit"}
    assert Query.model_json_schema(mode="serialization") is not Query.model_json_schema(mode="serialization")
