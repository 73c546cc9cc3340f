"""wrk: the most that this machine can do, because wrk does almost nothing with an answer.

It checks no certificate. All its connections start at once, also that of the first event. Its
latencies are a thousand quantiles of wrk's statistics; for slow requests, these also count the
requests that had to wait for them.
"""

import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    command = [
        "wrk",
        "--threads=1",
        f"--connections={os.environ['BENCH_IN_FLIGHT']}",
        "--duration=600s",
        f"--script={Path(__file__).with_name('events.lua')}",
        os.environ["BENCH_URL"],
    ]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("{")]
    if ended.returncode != 0 or len(lines) != 1:
        sys.stderr.write(ended.stdout)
        return 1
    print(lines[0])
    return 0


sys.exit(main())
