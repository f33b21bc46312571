"""A moto server of its own on a free port, and what a client needs to talk to it and to nothing else."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

REGION = "eu-west-1"
ACCOUNT = "123456789012"  # moto's


class MotoServer:
    def __enter__(self):
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        # Port 0 is one that is free; the server says which it has.
        self.process = subprocess.Popen(
            [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", "0"], stdout=self.log, stderr=subprocess.STDOUT
        )
        self.url = self._wait_for_address()
        return self

    def _wait_for_address(self):
        for _ in range(600):
            found = re.search(r"Running on (http://127\.0\.0\.1:\d+)", Path(self.log.name).read_text())
            if found:
                return found.group(1)
            try:
                self.process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            break
        raise RuntimeError("moto_server does not start: " + Path(self.log.name).read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()

    def environment(self):
        """The process's own environment without anything of a real account, pointed at this server."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
