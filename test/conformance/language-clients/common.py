"""What the clients' programs have in common: the address, the model, and what they ask."""
import sys

ADDRESS = sys.argv[1]
BASE = f"{ADDRESS}/v1"
KEY = "key-of-tester-0123456789"
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
