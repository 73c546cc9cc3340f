"""wrk: the most that this machine answers, since it does next to nothing with an answer.

It checks no certificate, and all its connections start at once, the first event's among them.
Its latencies are a thousand quantiles of wrk's own statistics, which add to the slow ones what
those held up.
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
