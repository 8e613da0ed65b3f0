"""Processes of an engine: started in a folder of their own, and ended with all that they started, whatever happened."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

UP_SECONDS = 240
END_SECONDS = 20


class Services:
    def __init__(self, engine):
        self.home = Path(tempfile.mkdtemp(prefix=f"millrace-bench-{engine}-"))
        self.log = open(self.home / "services.log", "w")
        self.running = []

    def __enter__(self):
        return self

    def start(self, *command):
        """Starts a service in a session of its own, so that what it starts is found again."""
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        self.running.append(process)
        return process

    def run(self, *command):
        """Runs a command to its end."""
        subprocess.run([str(part) for part in command], stdout=self.log, stderr=self.log, check=True, timeout=UP_SECONDS)

    def wait(self, look, what):
        """Looks until there is something, as long as all services run."""
        end = time.monotonic() + UP_SECONDS
        while time.monotonic() < end:
            for process in self.running:
                if process.poll() is not None:
                    raise RuntimeError(f"{what}: {process.args[:3]} has ended\n{self.tail()}")
            try:
                found = look()
                if found:
                    return found
            except OSError:
                pass  # it does not answer yet
            time.sleep(0.5)
        raise RuntimeError(f"{what}: not after {UP_SECONDS} s\n{self.tail()}")

    def answers(self, url):
        self.wait(lambda: urllib.request.urlopen(url, timeout=5).status == 200, f"{url} answers")

    def tail(self):
        self.log.flush()
        return "\n".join((self.home / "services.log").read_text(errors="replace").splitlines()[-20:])

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                pass  # the session is ended now
            for pid in session(process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # it has ended meanwhile
            process.wait()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)


def session(leader):
    """Processes of a session; on systems without /proc the leader alone."""
    found = [leader]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[3]) == leader:
            found.append(int(stat.parent.name))
    return found


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
