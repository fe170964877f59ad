"""The bodies that both services answer with."""

from pydantic import BaseModel, Field


class Message(BaseModel):
    """A sentence about what happened."""

    msg: str


class FieldProblem(BaseModel):
    """What is wrong with one parameter or one member of a body."""

    field: str
    message: str


class Problem(BaseModel):
    """Why a request was refused."""

    msg: str = Field(description="A sentence for a person.")
    errors: list[FieldProblem] = Field(default=[], description="The parameters or members that are wrong.")
