"""The program of README.md, as it stands there. usage: readme.py HOST:PORT"""
import contextlib
import io
import pathlib
import re
import sys

import numpy as np

from checks import Checks

README = pathlib.Path(__file__).parents[3] / "README.md"
EXPECTED = [-0.46515, -0.04489, -0.15282, -0.4337, 0.91474, -0.30489, 0.54673, -0.78953, 0.26303, -0.23338]


def program(checks):
    code = re.search(r"^```python conformance\n(.*?)^```", README.read_text(), re.M | re.S).group(1)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code.replace("localhost:8000", sys.argv[1]), {})
    numbers = np.array([float(number) for number in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", printed.getvalue())])
    checks.array("what README's program prints", numbers, np.array(EXPECTED), 1e-4)


checks = Checks()
checks.section(program)
checks.close()
