"""Runs a command to its end, and prints what it and all of its processes took: {"wallMs", "cpuMs"}."""

import json
import resource
import subprocess
import sys
import time

began = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"wallMs": wall * 1000, "cpuMs": (used.ru_utime + used.ru_stime) * 1000}))
