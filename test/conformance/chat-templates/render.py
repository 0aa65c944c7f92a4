"""Renders chat templates by Jinja2 as transformers sets it up (`utils/chat_template_utils.py`).

usage: render.py CASES RESULTS

CASES has a line of JSON for each case, with `template` (a path) and `variables`; RESULTS gets `text`, or `refused: true` and why.
"""
import json
import sys
from datetime import datetime
from pathlib import Path

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

# What `strftime_now` tells.
NOW = datetime(2026, 3, 4, 15, 6, 7)


class AssistantTracker(jinja2.ext.Extension):
    """The tag `generation`, which marks what the model has said."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_generation_support")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _generation_support(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[AssistantTracker, jinja2.ext.loopcontrols]
    )
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = lambda format: NOW.strftime(format)
    return made


ENVIRONMENT = environment()


def render(template, variables):
    """`text`, or `refused` and why."""
    try:
        return {"text": ENVIRONMENT.from_string(template).render(**variables)}
    except Exception as error:  # Python's own errors end a rendering, too.
        return {"refused": True, "why": f"{type(error).__name__}: {error}"}


def main(cases, results):
    with open(cases, encoding="utf8") as given, open(results, "w", encoding="utf8") as written:
        for line in given:
            case = json.loads(line)
            template = Path(case["template"]).read_text(encoding="utf8")
            written.write(json.dumps(render(template, case["variables"])) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
