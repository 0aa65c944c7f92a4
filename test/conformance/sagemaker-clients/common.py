"""Requests with nothing but Python: containers are called by platforms, not by SDKs."""
import json
import os
import urllib.error
import urllib.request

PHOTOS = ["meal_1", "meal_2", "other_1", "other_2", "report_1", "report_2"]
CLASSES = {"meal": "food", "other": "other", "report": "report"}
ROW = [0.5] * 16


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
