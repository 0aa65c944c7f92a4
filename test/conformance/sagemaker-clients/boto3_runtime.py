"""boto3's client of SageMaker's runtime API. Arguments: the address, the folder of photos."""
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from checks import run
from common import PHOTOS, ROW, best, class_of, photo

ADDRESS, PHOTO_FOLDER = sys.argv[1:3]
SECRET = "secret-of-tester-0123456789"


def client(key="AKIDTESTER", secret=SECRET):
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=ADDRESS,
        region_name="eu-central-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


RUNTIME = client()


def error_of(checks, what, call):
    try:
        call()
    except ClientError as error:
        return error
    checks.fail(f"{what}: nothing was raised")
    return None


def refused(checks, what, call, status, code):
    error = error_of(checks, what, call)
    if error is not None:
        got = (error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
        checks.equal(what, got, (status, code))
    return error


def invoke(**more):
    body = json.dumps({"instances": [ROW]})
    return RUNTIME.invoke_endpoint(**{"EndpointName": "prod", "ContentType": "application/json", "Body": body, **more})


def invoke_endpoint(checks):
    answer = invoke(CustomAttributes="trace=1", InferenceId="42")
    checks.equal("type", answer["ContentType"], "application/json")
    checks.equal("custom attributes", answer["CustomAttributes"], "trace=1")
    checks.equal("variant", answer["InvokedProductionVariant"], "AllTraffic")
    predictions = json.loads(answer["Body"].read())["predictions"]
    checks.equal("a prediction", len(predictions), 1)
    answer = invoke(ContentType="text/csv", Body=",".join(map(str, ROW)), Accept="application/json")
    checks.floats("CSV", json.loads(answer["Body"].read())["predictions"], predictions)
    checks.equal("target model", invoke(TargetModel="mlp.tar.gz")["ResponseMetadata"]["HTTPStatusCode"], 200)
    checks.equal("component", invoke(InferenceComponentName="mlp")["ResponseMetadata"]["HTTPStatusCode"], 200)
    checks.equal("target variant", invoke(TargetVariant="canary")["InvokedProductionVariant"], "canary")
    name = "with space/and+more"
    checks.equal("an odd name", invoke(EndpointName=name)["ResponseMetadata"]["HTTPStatusCode"], 200)
    checks.equal("an odd attribute", invoke(CustomAttributes="a  b, c")["CustomAttributes"], "a  b, c")


def photos(checks):
    for name in PHOTOS:
        body = photo(PHOTO_FOLDER, name)
        answer = RUNTIME.invoke_endpoint(EndpointName="mobilenetv3", ContentType="image/jpeg", Body=body)
        labels = json.loads(answer["Body"].read())["predictions"][0]
        checks.equal(name, best(labels), class_of(name))


def refusals(checks):
    model_error = refused(checks, "wrong rows", lambda: invoke(Body='{"instances":[[1]]}'), 424, "ModelError")
    if model_error is not None:
        checks.true("its kind", isinstance(model_error, RUNTIME.exceptions.ModelError), model_error)
        checks.equal("the container's status", model_error.response["OriginalStatusCode"], 400)
        checks.true("the container's message", "shape" in model_error.response["OriginalMessage"], model_error.response)
    refused(checks, "an unknown model", lambda: invoke(TargetModel="missing"), 424, "ModelError")
    refused(checks, "an unknown variant", lambda: invoke(TargetVariant="missing"), 424, "ModelError")
    refused(checks, "a session", lambda: invoke(SessionId="NEW_SESSION"), 400, "ValidationError")
    asynchronous = lambda: RUNTIME.invoke_endpoint_async(EndpointName="prod", InputLocation="s3://bucket/key")  # noqa: E731
    refused(checks, "asynchronously without a place for answers", asynchronous, 501, "ValidationError")


def credentials(checks):
    call = {"EndpointName": "prod", "ContentType": "application/json", "Body": json.dumps({"instances": [ROW]})}
    wrong = client(secret="another-secret-0123456789")
    refused(checks, "a wrong secret", lambda: wrong.invoke_endpoint(**call), 401, "InvalidSignatureException")
    unknown = client(key="AKIDNOBODY")
    refused(checks, "an unknown key", lambda: unknown.invoke_endpoint(**call), 401, "UnrecognizedClientException")
    observer = client(key="AKIDOBSERVER", secret="secret-of-observer-0123456789")
    refused(checks, "a key without the scope", lambda: observer.invoke_endpoint(**call), 403, "AccessDeniedException")


def response_stream(checks):
    body = json.dumps({"prompt": "In the beginning", "max_tokens": 6, "temperature": 0, "stream": True})
    answer = RUNTIME.invoke_endpoint_with_response_stream(
        EndpointName="kjv", ContentType="application/json", Body=body, CustomAttributes="a=b"
    )
    checks.equal("type", answer["ContentType"], "text/event-stream; charset=utf-8")
    checks.equal("custom attributes", answer["CustomAttributes"], "a=b")
    parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    checks.true("several parts", len(parts) > 3, parts)
    events = b"".join(parts).decode().split("\n\n")
    checks.equal("their end", events[-2:], ["data: [DONE]", ""])
    text = "".join(json.loads(event[6:])["choices"][0]["text"] for event in events[:-2])
    whole = RUNTIME.invoke_endpoint(
        EndpointName="kjv", ContentType="application/json", Body=body.replace("true", "false")
    )
    checks.equal("the same as in one piece", text, json.loads(whole["Body"].read())["choices"][0]["text"])
    answer = RUNTIME.invoke_endpoint_with_response_stream(
        EndpointName="prod", ContentType="application/json", Body=json.dumps({"instances": [ROW]})
    )
    parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    checks.equal("an answer in one piece", (len(parts), list(json.loads(parts[0]))), (1, ["predictions"]))
    call = lambda: RUNTIME.invoke_endpoint_with_response_stream(  # noqa: E731
        EndpointName="kjv", ContentType="application/json", Body=body.replace("6", "-6")
    )
    refused(checks, "a wrong parameter", call, 424, "ModelError")


run(invoke_endpoint, photos, refusals, credentials, response_stream)
