"""huggingface_hub against the hub that the tests of sources pull from: python hub.py ENDPOINT CACHE COMMIT"""
import sys
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

from checks import run

ENDPOINT, CACHE, COMMIT = sys.argv[1:]
API = HfApi(endpoint=ENDPOINT)


def lists_files(checks):
    for revision in ("main", "refs/pr/1", COMMIT):
        info = API.model_info("ai/mlp", revision=revision, files_metadata=True)
        checks.equal("the commit", info.sha, COMMIT)
        files = {each.rfilename: each for each in info.siblings}
        checks.equal("the files", sorted(files), ["config.json", "onnx/model.onnx"])
        model = files["onnx/model.onnx"]
        checks.equal("the size of Git LFS", model.lfs.size, model.size)
        checks.equal("a small file has no digest", files["config.json"].lfs, None)


def downloads(checks):
    info = API.model_info("ai/mlp", revision="main", files_metadata=True)
    sha256 = {each.rfilename: each.lfs.sha256 for each in info.siblings if each.lfs}
    for revision in ("main", "refs/pr/1", COMMIT):
        for name in ("onnx/model.onnx", "config.json"):
            file = hf_hub_download("ai/mlp", name, revision=revision, endpoint=ENDPOINT, cache_dir=CACHE)
            checks.true(f"{name} lies in the snapshot of its commit", f"/snapshots/{COMMIT}/" in file, file)
            if name in sha256:
                checks.equal("its blob", Path(file).resolve().name, sha256[name])


def refuses(checks):
    checks.raises("a gated repository", GatedRepoError, lambda: API.model_info("ai/gated", revision="main", files_metadata=True))
    checks.raises(
        "an unknown revision", RevisionNotFoundError, lambda: API.model_info("ai/mlp", revision="v9", files_metadata=True)
    )
    checks.raises(
        "an unknown repository",
        RepositoryNotFoundError,
        lambda: API.model_info("ai/none", revision="main", files_metadata=True),
    )


run(lists_files, downloads, refuses)
