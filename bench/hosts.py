"""Three network namespaces that stand for hosts, as the measurements here use them: peer and app exchange traffic, and a
mirror goes from app to collector over a link of its own."""

import contextlib
import os
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
APP, PEER, COLLECTOR = "192.0.2.1", "192.0.2.2", "198.51.100.2"


def run(*arguments):
    """The output of a command that must succeed."""
    return subprocess.run(arguments, check=True, text=True, capture_output=True).stdout


def wait_for(what, condition, seconds=10, explain=lambda: ""):
    """Waits until `condition` holds; ends the program where it never does, with what `explain` says."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited in vain for {what}: {explain()}")
        time.sleep(0.02)


class Hosts:
    """`app`, `peer` and `collector`; to be used in a `with` statement, which removes all of it and what runs there."""

    def __init__(self, mirror_mtu=9000, traffic_mtu=1500):
        self.app, self.peer, self.collector = (f"{name}-{os.getpid()}" for name in ("app", "peer", "collector"))
        self.mirror_mtu, self.traffic_mtu = mirror_mtu, traffic_mtu
        self.processes = []

    def __enter__(self):
        for host in (self.app, self.peer, self.collector):
            run("ip", "netns", "add", host)
            run("ip", "-n", host, "link", "set", "lo", "up")
        self.connect(self.peer, "traffic", "192.0.2", self.traffic_mtu)
        self.connect(self.collector, "mirror", "198.51.100", self.mirror_mtu)
        # As a wire: a veth would carry a batch of datagrams as one packet.
        for host in (self.app, self.collector):
            run("ip", "netns", "exec", host, "ethtool", "-K", "mirror", "tx-udp-segmentation", "off")
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for host in (self.app, self.peer, self.collector):
            subprocess.run(["ip", "netns", "del", host], check=False)

    def connect(self, other, name, network, mtu):
        """A link between app (address .1) and another host (.2)."""
        run("ip", "link", "add", name, "netns", self.app, "type", "veth", "peer", "name", name, "netns", other)
        for host, last in ((self.app, 1), (other, 2)):
            run("ip", "-n", host, "addr", "add", f"{network}.{last}/24", "dev", name)
            run("ip", "-n", host, "link", "set", name, "mtu", str(mtu), "up")

    def start(self, host, arguments, environment=None, cpu=None, **options):
        """Starts a command on a host, pinned to a core if `cpu` says so. It is killed at the end, with its children."""
        pin = ["taskset", "-c", str(cpu)] if cpu is not None else []
        process = subprocess.Popen(
            ["ip", "netns", "exec", host] + pin + arguments, text=True, start_new_session=True,
            env={**os.environ, **(environment or {})}, **options)
        self.processes.append(process)
        return process

    def black_hole(self):
        """The collector's address gets a MAC address that nobody has: what is sent is counted and then gone."""
        run("ip", "-n", self.app, "neigh", "replace", COLLECTOR, "lladdr", "02:00:00:00:00:99", "dev", "mirror")


class Group:
    """A control group of version 1 with a share of a core; to be used in a `with` statement."""

    ROOT = "/sys/fs/cgroup/cpu"

    def __init__(self, cores):
        self.path = f"{self.ROOT}/forwarder-bench-{os.getpid()}"
        self.cores = cores

    def __enter__(self):
        os.mkdir(self.path)
        self.write("cpu.cfs_period_us", "100000")
        self.write("cpu.cfs_quota_us", str(int(self.cores * 100_000)))
        return self

    def __exit__(self, *_):
        self.write("cpu.cfs_quota_us", "-1")
        wait_for("the control group to be empty", lambda: not open(f"{self.path}/cgroup.procs").read())
        os.rmdir(self.path)

    def write(self, name, text):
        with open(f"{self.path}/{name}", "w") as file:
            file.write(text)

    def join(self):
        """Moves the calling process into the group: for `preexec_fn`."""
        self.write("cgroup.procs", "0")
