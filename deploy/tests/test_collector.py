"""The start of a collector, run with stand-ins for what it calls: what it starts, in which units, and whether they are units."""

import re
import shutil
import subprocess

import pytest

import template
from stacks import BINARY, CLOUDFORMATION, TERRAFORM

SCRIPT = TERRAFORM / "modules" / "collector" / "user-data.sh"
NAMES = {"LogGroup": "/mirror/collectors", "ReceiveImage": "registry/packet-forwarder:1.0.0", "ReceiveArguments": "--stat-format json",
         "SuricataImage": "", "ShipTo": "none", "ShipperImage": "", "ShipBucket": "", "OpenSearchHost": ""}
SURICATA = {"SuricataImage": "registry/suricata:7.0", "ShipperImage": "registry/fluent-bit:3.2"}
STAND_IN = """#!/bin/bash
echo "$(basename "$0") $*" >>"$CALLS"
case "$(basename "$0") $*" in
  "ip "*) echo "default via 10.20.0.1 dev ens5 proto dhcp" ;;
  "cloud-init query region") echo eu-west-1 ;;
  *password-stdin*) cat >/dev/null ;;
esac
"""


def text(**values) -> str:
    script = SCRIPT.read_text()
    assert set(re.findall(r"\$\{(\w+)\}", script)) == set(NAMES)
    for name, value in (NAMES | values).items():
        script = script.replace(f"${{{name}}}", value)
    return script


@pytest.fixture
def start(tmp_path):
    def run(**values):
        commands, etc = tmp_path / "bin", tmp_path / "etc"
        for folder in (commands, etc, tmp_path / "log"):
            folder.mkdir()
        for name in ("dnf", "systemctl", "aws", "docker", "ip", "cloud-init", "install"):
            (commands / name).write_text(STAND_IN)
            (commands / name).chmod(0o755)
        script = text(**values).replace("/etc/systemd/system", str(etc))
        (tmp_path / "calls").write_text("")
        result = subprocess.run(["bash"], input=script, text=True, capture_output=True,
                                env={"PATH": f"{commands}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls")})
        assert result.returncode == 0, result.stderr
        return {path.name: path.read_text() for path in etc.iterdir()}, (tmp_path / "calls").read_text().splitlines(), etc

    return run


def command(unit: str) -> str:
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    return line


@pytest.mark.parametrize("values", [{}, SURICATA, SURICATA | {"ShipTo": "s3", "ShipBucket": "records"}])
def test_shellcheck(values, tmp_path):
    (tmp_path / "script").write_text(text(**values))
    # What is empty or fixed here is a parameter.
    result = subprocess.run(["shellcheck", "--exclude=SC2050,SC2157,SC2043,SC2194,SC2078", tmp_path / "script"], text=True, capture_output=True)
    assert result.returncode == 0, result.stdout


def test_receive_alone(start):
    units, calls, _ = start()
    assert set(units) == {"receive.service"}
    assert command(units["receive.service"]).endswith("registry/packet-forwarder:1.0.0 receive --metrics :8080 --stat-format json")
    assert "--network host" in command(units["receive.service"]) and "awslogs-group=/mirror/collectors" in command(units["receive.service"])
    assert "docker pull registry/packet-forwarder:1.0.0" in calls
    assert "systemctl enable --now receive.service" in calls


def test_the_health_check_is_answered(start):
    """What the unit starts, started, and asked as the load balancer's health check asks, by the port and path of its target group."""
    units, _, _ = start()
    check = template.load(CLOUDFORMATION / "collector.yaml")["Resources"]["TargetGroup"]["Properties"]
    assert check["HealthCheckProtocol"] == "HTTP"
    arguments = command(units["receive.service"]).partition("packet-forwarder:1.0.0 ")[2]
    script = f"""
      ip link set lo up
      {BINARY} {arguments} >/dev/null &
      trap 'kill $!' EXIT
      curl -s --retry 20 --retry-delay 1 --retry-connrefused -o /dev/null -w '%{{http_code}}' \
        -A ELB-HealthChecker/2.0 http://127.0.0.1:{check["HealthCheckPort"]}{check["HealthCheckPath"]}"""
    result = subprocess.run(["unshare", "--map-root-user", "--net", "bash", "-c", script], text=True, capture_output=True, timeout=60)
    assert result.stdout == "200", result.stderr


@pytest.mark.parametrize("ship, expected", [
    ({"ShipTo": "s3", "ShipBucket": "records"}, "-o s3 -m '*' -p bucket=records -p region=eu-west-1"),
    ({"ShipTo": "opensearch", "OpenSearchHost": "search.example.com"}, "-o opensearch -m '*' -p host=search.example.com -p port=443 -p tls=On"),
])
def test_records_are_shipped(start, ship, expected):
    units, calls, _ = start(**SURICATA, **ship)
    assert command(units["suricata.service"]).endswith("registry/suricata:7.0 --af-packet=ens5 'udp and port 4789'")
    assert "path=/var/log/suricata/eve.json" in command(units["shipper.service"]) and expected in command(units["shipper.service"])
    assert "systemctl enable --now suricata.service" in calls and "systemctl enable --now shipper.service" in calls


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
def test_systemd_takes_the_units(start, tmp_path):
    units, _, etc = start(**SURICATA, ShipTo="s3", ShipBucket="records")
    # docker is not installed where this runs.
    (etc / "docker.service").write_text("[Service]\nExecStart=/bin/true\n")
    for path in etc.iterdir():
        path.write_text(path.read_text().replace("/usr/bin/docker", "/bin/true"))
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", *sorted(path for path in etc.iterdir() if "@" not in path.name)],
                            text=True, capture_output=True)
    # It says what is wrong and exits 0 all the same.
    assert [line for line in result.stderr.splitlines() if str(etc) in line or any(name in line for name in units)] == []
