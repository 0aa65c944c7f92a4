"""Makes the odd models, and those of the snippets of docs/exporting.md, and asks Python's ONNX Runtime.

usage: make.py FOLDER PAGE LOCALES

Writes FOLDER/models (a repository), and FOLDER/NAME.json and .bin (see harness/plan.py) of each that Python can run. The
list of lines `NAME` that it prints is that of all models.
"""
import os
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime

warnings.filterwarnings("ignore")
import estimators
import graphs
import tensors
import torch_style
from collection import MODELS, write
from plan import Plan

DTYPES = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16, "tensor(bool)": np.bool_,
    **{f"tensor({sign}int{size})": np.dtype(f"{sign}int{size}") for sign in ("", "u") for size in (8, 16, 32, 64)},
}
OPEN_DIMENSION = 3


def made_up(session):
    """Small numbers of the right type for each input, twice."""
    rng = np.random.default_rng(3)
    for _ in range(2):
        inputs = {}
        for value in session.get_inputs():
            shape = [size if isinstance(size, int) else OPEN_DIMENSION for size in value.shape]
            if value.type == "tensor(string)":
                inputs[value.name] = rng.choice(["one", "two", "größe"], shape).astype(object)
            else:
                dtype = np.dtype(DTYPES[value.type])
                numbers = rng.normal(size=shape) if dtype.kind == "f" else rng.integers(0, 2, shape)
                inputs[value.name] = np.asarray(numbers, dtype)
        yield inputs


def as_tensor(value, answer):
    """What is served of an output: a list of maps from class to probability is a tensor again."""
    if value.type.startswith("optional"):
        return None
    if isinstance(answer, list) and answer and isinstance(answer[0], dict):
        return np.array([list(row.values()) for row in answer], np.float32)
    return answer if isinstance(answer, np.ndarray) else None


def ask(folder, name, file, given):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        requests = given or list(made_up(session))
        # A graph may name an output twice.
        values = {value.name: value for value in session.get_outputs()}
        answers = [session.run(list(values), inputs) for inputs in requests]
    except Exception:
        # Python cannot either; then the table must not say that it is served.
        return
    plan = Plan(folder, name)
    for inputs, answer in zip(requests, answers):
        served = {name: as_tensor(value, given) for (name, value), given in zip(values.items(), answer)}
        plan.add(inputs, {name: tensor for name, tensor in served.items() if tensor is not None})
    plan.close()


def run_page(page, repository):
    """The snippets of Python on the page, one after the other, as somebody pastes them beside a folder `models`."""
    before = set(os.listdir(repository))
    os.chdir(repository.parent)
    for number, snippet in enumerate(re.findall(r"^```python test\n(.*?)^```", page.read_text(), re.M | re.S)):
        exec(compile(snippet, f"{page.name}, snippet {number + 1}", "exec"), {})
    for name in sorted(set(os.listdir(repository)) - before):
        yield name, repository / name / "1/model.onnx"


folder, page = Path(sys.argv[1]), Path(sys.argv[2])
# Read by ONNX Runtime when it makes the first session.
os.environ["LOCPATH"] = sys.argv[3]
repository = folder / "models"
repository.mkdir()
for name in MODELS:
    file, inputs = write(repository, name)
    ask(folder, name, str(file), inputs)
    print(name)
for name, file in run_page(page, repository):
    ask(folder, name, str(file), None)
    print(name)
