"""boto3's InvokeEndpointAsync, and its objects. Arguments: the server, the store, its access key and secret."""
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from checks import run
from common import ROW

ADDRESS, STORE, ACCESS_KEY, SECRET = sys.argv[1:5]
RETRIES = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
BUCKET = "async"
LIMIT_S = 60


def client(service, url, key, secret):
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=RETRIES,
    )


RUNTIME = client("sagemaker-runtime", ADDRESS, "AKIDTESTER", "secret-of-tester-0123456789")
S3 = client("s3", STORE, ACCESS_KEY, SECRET)
S3.create_bucket(Bucket=BUCKET)


def split(url):
    return dict(zip(("Bucket", "Key"), url.removeprefix("s3://").split("/", 1)))


def put(key, body, **more):
    S3.put_object(Bucket=BUCKET, Key=key, Body=body, **more)
    return f"s3://{BUCKET}/{key}"


def result(answer):
    """What appears first, as programs of SageMaker wait for it: the answer or the failure."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        for kind in ("OutputLocation", "FailureLocation"):
            try:
                found = S3.get_object(**split(answer[kind]))
                return kind, found["ContentType"], found["Body"].read()
            except S3.exceptions.NoSuchKey:
                pass
        time.sleep(0.1)
    return None, None, None


def invoke(location, **more):
    return RUNTIME.invoke_endpoint_async(**{"EndpointName": "prod", "InputLocation": location, **more})


def answers(checks):
    location = put("in/row.json", json.dumps({"instances": [ROW]}), ContentType="application/json")
    answer = invoke(location)
    checks.equal("status", answer["ResponseMetadata"]["HTTPStatusCode"], 202)
    checks.true("an id", len(answer["InferenceId"]) > 0, answer)
    kind, content, body = result(answer)
    checks.equal("what appears", (kind, content), ("OutputLocation", "application/json"))
    direct = RUNTIME.invoke_endpoint(
        EndpointName="prod", ContentType="application/json", Body=json.dumps({"instances": [ROW]})
    )
    checks.equal("the same bytes as at once", body, direct["Body"].read())


def parameters(checks):
    location = put("in/row.csv", ",".join(map(str, ROW)), ContentType="application/octet-stream")
    answer = invoke(
        location,
        ContentType="text/csv",
        Accept="application/json",
        InferenceId="mine-42",
        CustomAttributes="trace=1",
        RequestTTLSeconds=600,
        InvocationTimeoutSeconds=60,
    )
    checks.equal("the given id", answer["InferenceId"], "mine-42")
    kind, content, body = result(answer)
    checks.equal("what appears", (kind, content), ("OutputLocation", "application/json"))
    checks.equal("a prediction", len(json.loads(body)["predictions"]), 1)
    inline = RUNTIME.invoke_endpoint_async(
        EndpointName="prod", ContentType="application/json", Body=json.dumps({"instances": [ROW]})
    )
    kind, _, body = result(inline)
    checks.equal("of a body", (kind, len(json.loads(body)["predictions"])), ("OutputLocation", 1))


def failures(checks):
    location = put("in/wrong.json", json.dumps({"instances": [[1]]}), ContentType="application/json")
    kind, content, body = result(invoke(location))
    checks.equal("what appears", (kind, content), ("FailureLocation", "application/json"))
    checks.equal("the container's status", json.loads(body)["OriginalStatusCode"], 400)
    kind, _, body = result(invoke(f"s3://{BUCKET}/in/missing.json"))
    checks.equal("of a missing object", kind, "FailureLocation")
    checks.true("says so", b"there is no such object" in body, body)


def refusals(checks):
    put("other/secret.json", "{}")
    cases = [
        ("another prefix", f"s3://{BUCKET}/other/secret.json", 403, "AccessDeniedException"),
        ("another prefix, missing", f"s3://{BUCKET}/other/missing.json", 403, "AccessDeniedException"),
        ("another bucket", "s3://elsewhere/in/row.json", 403, "AccessDeniedException"),
        ("a step up", f"s3://{BUCKET}/in/../other/secret.json", 400, "ValidationError"),
        ("a web server", "https://169.254.169.254/latest/meta-data", 400, "ValidationError"),
    ]
    for what, location, status, code in cases:
        try:
            invoke(location)
            checks.fail(f"{what}: nothing was raised")
        except ClientError as error:
            got = (error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
            checks.equal(what, got, (status, code))
    keys = [found["Key"] for found in S3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    checks.equal("one object of each answer", len([key for key in keys if key.startswith("out/")]), 5)


run(answers, parameters, failures, refusals)
