"""Files, uploads and batches by OpenAI's Python client."""
import hashlib
import io
import json
import time

import openai

from checks import run
from language import BASE, KEY, MESSAGES, MODEL

client = openai.OpenAI(base_url=BASE, api_key=KEY, max_retries=0)
CHAT = {"model": MODEL, "messages": MESSAGES, "max_tokens": 4, "temperature": 0, "ignore_eos": True}


def lines(*bodies):
    """A file of chats."""
    requests = [
        {"custom_id": f"request-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
        for number, body in enumerate(bodies)
    ]
    return "".join(json.dumps(request) + "\n" for request in requests).encode()


def ended(batch):
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id)
    return batch


def results(file):
    return [json.loads(line) for line in client.files.content(file).text.splitlines()]


def files(checks):
    content = lines(CHAT)
    file = client.files.create(file=("in.jsonl", content), purpose="batch", expires_after={"anchor": "created_at", "seconds": 3600})
    checks.equal("file", (file.object, file.bytes, file.filename, file.purpose), ("file", len(content), "in.jsonl", "batch"))
    checks.equal("expiry", file.expires_at - file.created_at, 3600)
    checks.equal("retrieved", client.files.retrieve(file.id), file)
    checks.equal("content", client.files.content(file.id).read(), content)
    others = [client.files.create(file=io.BytesIO(b"x"), purpose="user_data").id for _ in range(4)]
    checks.equal("pages", [each.id for each in client.files.list(limit=2, purpose="user_data")], others[::-1])
    for each in [file.id, *others]:
        checks.true("deleted", client.files.delete(each).deleted)
    try:
        client.files.retrieve(file.id)
        checks.true("a deleted file is not found", False)
    except openai.NotFoundError as error:
        checks.equal("code", error.code, "file_not_found")
    try:
        client.files.create(file=b"x", purpose="fine-tune")
        checks.true("a purpose that means nothing is refused", False)
    except openai.BadRequestError as error:
        checks.equal("param", error.param, "purpose")


def uploads(checks):
    content = bytes(range(256)) * 4_000
    upload = client.uploads.create(bytes=len(content), filename="big", mime_type="application/octet-stream", purpose="user_data")
    parts = [client.uploads.parts.create(upload.id, data=content[at : at + 500_000]).id for at in range(0, len(content), 500_000)]
    done = client.uploads.complete(upload.id, part_ids=parts, md5=hashlib.md5(content).hexdigest())
    checks.equal("upload", (done.status, done.file.bytes), ("completed", len(content)))
    checks.equal("its content", client.files.content(done.file.id).read(), content)
    chunked = client.uploads.upload_file_chunked(
        file=content, filename="big", bytes=len(content), mime_type="text/plain", purpose="user_data", part_size=700_000
    )
    checks.equal("in chunks of the client", chunked.file.bytes, len(content))
    cancelled = client.uploads.create(bytes=1, filename="f", mime_type="text/plain", purpose="batch")
    checks.equal("cancelled", client.uploads.cancel(cancelled.id).status, "cancelled")


def batches(checks):
    file = client.files.create(file=("in.jsonl", lines(CHAT, {**CHAT, "n": 2}, {**CHAT, "temperature": "hot"})), purpose="batch")
    created = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"project": "risk"}
    )
    checks.equal("batch", (created.object, created.endpoint, created.metadata), ("batch", "/v1/chat/completions", {"project": "risk"}))
    batch = ended(created)
    counts = batch.request_counts
    checks.equal("state", batch.status, "completed")
    checks.equal("counts", (counts.total, counts.completed, counts.failed), (3, 2, 1))
    output = results(batch.output_file_id)
    checks.equal("order", [line["custom_id"] for line in output], ["request-0", "request-1"])
    checks.equal("choices", [len(line["response"]["body"]["choices"]) for line in output], [1, 2])
    usage = [line["response"]["body"]["usage"]["completion_tokens"] for line in output]
    checks.equal("usage", batch.usage.output_tokens, sum(usage))
    [error] = results(batch.error_file_id)
    checks.equal("error", (error["custom_id"], error["response"]["status_code"]), ("request-2", 400))
    checks.true("listed", batch.id in [each.id for each in client.batches.list(limit=1)])
    broken = client.files.create(file=("in.jsonl", b"no JSON\n"), purpose="batch")
    failed = ended(client.batches.create(input_file_id=broken.id, endpoint="/v1/chat/completions", completion_window="24h"))
    checks.equal("problem", [(each.code, each.line) for each in failed.errors.data], [("invalid_json_line", 1)])


def cancellation(checks):
    file = client.files.create(file=("in.jsonl", lines(*[{**CHAT, "max_tokens": 200}] * 40)), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    checks.true("cancelling", client.batches.cancel(batch.id).status in ("cancelling", "cancelled"))
    checks.equal("state", ended(batch).status, "cancelled")


run(files, uploads, batches, cancellation)
