"""What the clients' programs have in common: the address, the model, and counting (see ../clients/checks.py)."""
import sys
import traceback

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


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def fail(self, what):
        self.failed += 1
        print("FAIL", " ".join(str(what).split())[:500])

    def true(self, what, condition, got=""):
        if condition:
            self.passed += 1
        else:
            self.fail(f"{what}: {got}")

    def equal(self, what, got, expected):
        self.true(what, got == expected, f"{got!r} instead of {expected!r}")

    def raises(self, what, kind, run):
        """What was raised; None where it was nothing, or something else."""
        try:
            run()
        except kind as error:
            self.passed += 1
            return error
        except Exception as error:
            self.fail(f"{what}: {error!r} instead of {kind.__name__}")
            return None
        self.fail(f"{what}: nothing was raised")
        return None

    def section(self, function):
        """Runs a group of checks; an exception in it is one failure."""
        try:
            function(self)
        except Exception:
            self.fail(f"{function.__name__} stopped: {traceback.format_exc(limit=-3)}")

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def run(*sections):
    checks = Checks()
    for section in sections:
        checks.section(section)
    checks.close()
