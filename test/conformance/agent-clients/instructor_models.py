"""Instructor: pydantic models by tools, JSON schemas, JSON and responses, partly and whole."""
from typing import Literal

import instructor
import openai
import pydantic
from instructor import Mode
from instructor.core.exceptions import IncompleteOutputException, InstructorRetryException

from checks import run
from language import BASE, KEY, MESSAGES, MODEL

ASKED = {"messages": MESSAGES, "model": MODEL, "max_retries": 0, "max_tokens": 300}
BY_SCHEMA = [Mode.TOOLS, Mode.TOOLS_STRICT, Mode.JSON_SCHEMA]


class Being(pydantic.BaseModel):
    """A being."""

    kind: Literal["man", "beast"]
    old: bool
    age: int = pydantic.Field(ge=0, le=99)
    name: str = pydantic.Field(max_length=6)


class Group(pydantic.BaseModel):
    members: list[Being] = pydantic.Field(min_length=1, max_length=2)


class Anything(pydantic.BaseModel):
    """Fits each object, since JSON mode holds the model to no schema."""

    kind: object = None


def client(mode, **access):
    return instructor.from_openai(
        openai.OpenAI(**{"base_url": BASE, "api_key": KEY, "max_retries": 0, **access}), mode=mode
    )


def by_schema(checks):
    for mode in BY_SCHEMA:
        being, raw = client(mode).chat.completions.create_with_completion(response_model=Being, **ASKED)
        checks.true(f"{mode.name}: a being", isinstance(being, Being), being)
        expected = "stop" if mode is Mode.JSON_SCHEMA else "tool_calls"
        checks.true(f"{mode.name}: finish reason", raw.choices[0].finish_reason in ("stop", expected), raw)
        checks.true(f"{mode.name}: usage", raw.usage.completion_tokens > 0, raw.usage)


def streams(checks):
    # Its iterables are left out: they ask for `tasks` that the schema does not require, and an empty object, which
    # a model may then write, is taken for one of the items.
    for mode in BY_SCHEMA:
        parts = list(client(mode).chat.completions.create_partial(response_model=Group, **ASKED))
        checks.true(f"{mode.name}: parts", len(parts) > 2, len(parts))
        last = parts[-1].members
        checks.true(f"{mode.name}: beings", 1 <= len(last) <= 2, last)
        checks.true(f"{mode.name}: members", all(Being.model_validate(each.model_dump()) for each in last), last)


def json_mode(checks):
    ask = client(Mode.JSON).chat.completions.create_with_completion
    thing, raw = ask(response_model=Anything, temperature=0, **ASKED)
    checks.true("JSON: an object", isinstance(thing, Anything), raw)


def responses(checks):
    asked = {**{name: value for name, value in ASKED.items() if name != "max_tokens"}, "max_output_tokens": 300}
    ask = client(Mode.RESPONSES_TOOLS).chat.completions
    being, raw = ask.create_with_completion(response_model=Being, **asked)
    checks.true("RESPONSES_TOOLS: a being", isinstance(being, Being), being)
    checks.equal("RESPONSES_TOOLS: an item", [item.type for item in raw.output], ["function_call"])
    *_, last = ask.create_partial(response_model=Being, **asked)
    checks.true("RESPONSES_TOOLS: a being in parts", Being.model_validate(last.model_dump()), last)


def asked_again(checks):
    """A validator that refuses once: the call and what is wrong with it go back to the model."""
    for mode in (Mode.TOOLS, Mode.JSON_SCHEMA):
        refused = []

        class Doubted(Being):
            @pydantic.model_validator(mode="after")
            def doubt(self):
                refused.append(self.kind)
                if len(refused) == 1:
                    raise ValueError("say that again")
                return self

        create = client(mode).chat.completions.create
        being = create(response_model=Doubted, **{**ASKED, "max_retries": 2})
        checks.equal(f"{mode.name}: asked twice", (len(refused), being.kind), (2, refused[-1]))


def errors(checks):
    def ask(mode=Mode.TOOLS, access=None, **changed):
        create = client(mode, **access or {}).chat.completions.create
        return create(response_model=Being, **{**ASKED, **changed})

    def refusal(what, status, *arguments, **named):
        error = checks.raises(what, InstructorRetryException, lambda: ask(*arguments, **named))
        checks.equal(f"status of {what}", getattr(getattr(error, "__cause__", None), "status_code", error), status)

    refusal("a wrong key", 401, access={"api_key": "wrong"})
    refusal("an unknown model", 404, model="kvj")
    refusal("a prompt that is too long", 400, messages=[{"role": "user", "content": "and " * 5_000}])
    checks.raises("an answer that is cut", IncompleteOutputException, lambda: ask(max_tokens=2))


run(by_schema, streams, json_mode, responses, asked_again, errors)
