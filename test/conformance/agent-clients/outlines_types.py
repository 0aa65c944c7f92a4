"""Outlines: its models for OpenAI and for a server of vLLM, held to types, regular expressions and grammars."""
import json
import re
from enum import Enum
from typing import Literal

import openai
import outlines
import pydantic
from outlines import exceptions
from outlines.inputs import Chat
from outlines.types import CFG, JsonSchema, Regex

from checks import run
from language import BASE, KEY, MESSAGES, MODEL, SCHEMA

ASKED = "Who is there?"
LENGTH = {"max_tokens": 200}


class Being(pydantic.BaseModel):
    kind: Literal["man", "beast"]
    old: bool
    age: int = pydantic.Field(ge=0, le=99)


class Kind(Enum):
    man = "man"
    beast = "beast"


def client(key=KEY):
    return openai.OpenAI(base_url=BASE, api_key=key, max_retries=0)


MODELS = {"openai": outlines.from_openai(client(), MODEL), "vllm": outlines.from_vllm(client(), MODEL)}


def texts(checks):
    greedy = {"max_tokens": 8, "temperature": 0, "extra_body": {"ignore_eos": True}}
    for name, model in MODELS.items():
        whole = model(ASKED, **greedy)
        checks.true(f"{name}: a text", whole, whole)
        checks.equal(f"{name}: text of a stream", "".join(model.stream(ASKED, **greedy)), whole)
        checks.true(f"{name}: a chat", isinstance(model(Chat(MESSAGES), **greedy), str))
        checks.equal(f"{name}: several", len(model(ASKED, n=2, **greedy)), 2)


def schemas(checks):
    for name, model in MODELS.items():
        being = Being.model_validate_json(model(ASKED, Being, **LENGTH))
        checks.true(f"{name}: a being", 0 <= being.age <= 99, being)
        members = json.loads(model(ASKED, JsonSchema(json.dumps(SCHEMA)), **LENGTH))
        checks.equal(f"{name}: members of a schema", set(members), {"kind", "old"})
        streamed = "".join(model.stream(ASKED, Being, **LENGTH))
        checks.true(f"{name}: a being of a stream", Being.model_validate_json(streamed), streamed)
        generator = outlines.Generator(model, Being)
        checks.true(f"{name}: a generator", Being.model_validate_json(generator(ASKED, **LENGTH)))


def types(checks):
    def ask(kind):
        return MODELS["vllm"](ASKED, kind, **LENGTH)

    checks.true("one of several", ask(Literal["man", "beast"]) in ("man", "beast"))
    checks.true("an enum", ask(Kind) in ("man", "beast"))
    checks.true("a boolean", ask(bool) in ("True", "False"))
    checks.true("a regular expression", re.fullmatch(r"[A-C]{2}-\d{3}", ask(Regex(r"[A-C]{2}-\d{3}"))))
    checks.true("an address", re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", ask(Regex(r"(\d{1,3}\.){3}\d{1,3}"))))
    checks.true("a choice", ask(outlines.types.Choice(["yes", "no"])) in ("yes", "no"))
    quantified = ask(outlines.types.digit.at_most(3) + "!")
    checks.true("a pattern of parts", re.fullmatch(r"\d{0,3}!", quantified), quantified)
    checks.true("a date", re.fullmatch(r"\d{4}-\d\d-\d\d", ask(outlines.types.date)))
    checks.true("a grammar", ask(CFG('root ::= "yes" | "no"')) in ("yes", "no"))


def errors(checks):
    for name, of in (("openai", outlines.from_openai), ("vllm", outlines.from_vllm)):
        stranger, unknown, model = of(client("wrong"), MODEL), of(client(), "kvj"), of(client(), MODEL)
        checks.raises(f"{name}: a wrong key", exceptions.AuthenticationError, lambda: stranger(ASKED))
        checks.raises(f"{name}: an unknown model", exceptions.NotFoundError, lambda: unknown(ASKED))
        checks.raises(f"{name}: too long", exceptions.BadRequestError, lambda: model("and " * 5_000))
        checks.raises(f"{name}: a range", exceptions.BadRequestError, lambda: model(ASKED, temperature=3))
    bad = CFG("root ::= (")
    refused = checks.raises("a bad grammar", exceptions.BadRequestError, lambda: MODELS["vllm"](ASKED, bad))
    spaced = JsonSchema(json.dumps(SCHEMA), whitespace_pattern="[ ]?")
    checks.raises("a pattern of spaces", exceptions.BadRequestError, lambda: MODELS["vllm"](ASKED, spaced))
    checks.true("a bad grammar is named", refused and "grammar" in str(refused), refused)


run(texts, schemas, types, errors)
