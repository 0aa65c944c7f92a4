"""Counting, and requests with nothing but Python: containers are called by platforms, not by SDKs."""
import json
import os
import sys
import traceback
import urllib.error
import urllib.request

PHOTOS = ["meal_1", "meal_2", "other_1", "other_2", "report_1", "report_2"]
CLASSES = {"meal": "food", "other": "other", "report": "report"}
ROW = [0.5] * 16


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

    def section(self, function):
        """Runs a group of checks; an exception in it is one failure."""
        try:
            function(self)
        except Exception:
            self.fail(f"{function.__name__} stopped: {traceback.format_exc(limit=-3)}")


def run(*sections):
    checks = Checks()
    for section in sections:
        checks.section(section)
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


def send(method, url, body=None, **headers):
    """A request with headers such as `content_type`; whatever is answered."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
        named.setdefault("content-type", "application/json")
    data = body.encode() if isinstance(body, str) else body
    request = urllib.request.Request(url, data=data, headers=named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def photo(folder, name):
    with open(os.path.join(folder, f"{name}.jpg"), "rb") as file:
        return file.read()


def best(labels):
    return max(labels, key=labels.get)


def class_of(name):
    return CLASSES[name.split("_")[0]]
