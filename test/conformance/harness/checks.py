"""Counts checks, says nothing about those that pass, and closes with `N passed, N failed`."""
import sys
import traceback


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def fail(self, what):
        self.failed += 1
        print("FAIL", " ".join(str(what).split())[:500])

    def true(self, what, condition, got=""):
        if condition:
            self.passed += 1
        else:
            self.fail(f"{what}: {got}")

    def equal(self, what, got, expected):
        self.true(what, got == expected, f"{got!r} instead of {expected!r}")

    def array(self, what, got, expected, tolerance=0.0):
        # Not all programs have it.
        import numpy as np

        same = got is not None and got.shape == expected.shape and got.dtype == expected.dtype
        if same and tolerance > 0:
            same = np.allclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
        elif same:
            same = np.array_equal(got, expected)
        self.true(what, same, f"{got!r} instead of {expected!r}")

    def floats(self, what, got, expected):
        """Floats that were computed twice, or on another processor; also in lists."""
        self.true(what, is_close(got, expected), f"{got!r} instead of {expected!r}")

    def classes(self, what, got, expected):
        """Texts of the form `value:index:label`, whose values are such floats."""
        values, names = zip(*(text.split(":", 1) for text in got))
        wanted, labels = zip(*(text.split(":", 1) for text in expected))
        same = names == labels and is_close([float(each) for each in values], [float(each) for each in wanted])
        self.true(what, same, f"{got!r} instead of {expected!r}")

    def raises(self, what, kind, run):
        """What was raised; None where it was nothing, or something else."""
        try:
            run()
        except kind as error:
            self.passed += 1
            return error
        except Exception as error:
            self.fail(f"{what}: {error!r} instead of {kind.__name__}")
            return None
        self.fail(f"{what}: nothing was raised")
        return None

    def section(self, function, *arguments):
        """Runs a group of checks; an exception in it is one failure."""
        try:
            function(self, *arguments)
        except Exception as error:
            self.fail(f"{function.__name__} stopped: {error!r}: {traceback.format_exc(limit=-3)}")

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def is_close(got, expected):
    if isinstance(expected, list):
        return len(got) == len(expected) and all(map(is_close, got, expected))
    return abs(got - expected) <= 1e-5 * (1 + abs(expected))


def run(*sections):
    """Runs a program's groups of checks, and ends it."""
    checks = Checks()
    for section in sections:
        checks.section(section)
    checks.close()
