"""What boto3 sees and does in the store. Arguments: its address, what to do, bucket, key and the file of an object."""
import hashlib
import json
import sys

import boto3
from botocore.config import Config

ADDRESS, ACCESS_KEY, SECRET, ACTION, BUCKET, KEY, FILE = sys.argv[1:8]
S3 = boto3.client(
    "s3",
    endpoint_url=ADDRESS,
    region_name="us-east-1",
    aws_access_key_id=ACCESS_KEY,
    aws_secret_access_key=SECRET,
    config=Config(s3={"addressing_style": "path"}),
)


def create():
    S3.create_bucket(Bucket=BUCKET)
    return {}


def put():
    with open(FILE, "rb") as file:
        S3.put_object(Bucket=BUCKET, Key=KEY, Body=file, ContentType="text/x-test")
    return {}


def upload():
    S3.upload_file(FILE, BUCKET, KEY)
    return {}


def get():
    answer = S3.get_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED")
    body = answer["Body"].read()
    return {
        "sha256": hashlib.sha256(body).hexdigest(),
        "type": answer["ContentType"],
        "etag": answer["ETag"],
        "checksum": answer.get("ChecksumSHA256"),
        "size": len(body),
    }


def uploads():
    return {"uploads": [upload["Key"] for upload in S3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]}


print(json.dumps({"create": create, "put": put, "upload": upload, "get": get, "uploads": uploads}[ACTION]()))
