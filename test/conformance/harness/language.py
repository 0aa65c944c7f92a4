"""Common to the programs of clients of a language model, `python SCRIPT ADDRESS KEY`: the model, and what they ask."""
import sys

ADDRESS, KEY = sys.argv[1:3]
BASE = f"{ADDRESS}/v1"
MODEL = "kjv"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who is there?"}]
SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["man", "beast"]}, "old": {"type": "boolean"}},
    "required": ["kind", "old"],
    "additionalProperties": False,
}

TO = {
    "type": "object",
    "properties": {"to": {"enum": ["Moses", "Aaron"]}},
    "required": ["to"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "send", "description": "Sends somebody.", "parameters": TO}}
