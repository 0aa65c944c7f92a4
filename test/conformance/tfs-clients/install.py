"""Adds to the environment that runs it Google's stubs for TensorFlow Serving, and of TensorFlow, which they import, only the messages.

usage: install.py. The wheel of tensorflow-cpu (about 270 MB) is downloaded once; 0.7 MB of it are kept.
"""

import glob
import importlib.util
import os
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

VERSION = "2.21.0"
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


def installed():
    return all(importlib.util.find_spec(name) for name in ("tensorflow", "tensorflow_serving"))


def install():
    site = sysconfig.get_paths()["purelib"]
    subprocess.run([*PIP, "install", "--no-deps", f"tensorflow-serving-api=={VERSION}"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*PIP, "download", "--no-deps", "-d", folder, f"tensorflow-cpu=={VERSION}"], check=True)
        with zipfile.ZipFile(glob.glob(f"{folder}/*.whl")[0]) as wheel:
            for name in wheel.namelist():
                if name.endswith("_pb2.py") and name.split("/")[1] in ("core", "tsl", "compiler"):
                    wheel.extract(name, site)
    for folder, _, _ in os.walk(f"{site}/tensorflow"):
        open(f"{folder}/__init__.py", "a").close()


if not installed():
    install()
print("ready")
