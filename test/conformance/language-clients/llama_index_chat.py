"""LlamaIndex."""
import openai
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from checks import run
from language import BASE, KEY, MODEL

MESSAGES = [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Who is there?")]
ACCESS = {
    "api_base": BASE,
    "api_key": KEY,
    "max_retries": 0,
    "temperature": 0,
    "max_tokens": 8,
    "context_window": 512,
    "additional_kwargs": {"extra_body": {"ignore_eos": True}},
}


def chat(checks):
    model = OpenAILike(model=MODEL, is_chat_model=True, **ACCESS)
    answer = model.chat(MESSAGES)
    checks.equal("tokens", answer.raw.usage.completion_tokens, 8)
    pieces = list(model.stream_chat(MESSAGES))
    checks.equal("text of a stream", pieces[-1].message.content, answer.message.content)


def texts(checks):
    model = OpenAILike(model=MODEL, is_chat_model=False, **ACCESS)
    answer = model.complete("In the beginning")
    checks.true("a text", answer.text, answer)
    checks.equal("text of a stream", list(model.stream_complete("In the beginning"))[-1].text, answer.text)


def errors(checks):
    unknown = OpenAILike(model="kvj", is_chat_model=True, **ACCESS)
    checks.raises("model", openai.NotFoundError, lambda: unknown.chat(MESSAGES))


run(chat, texts, errors)
