"""The units of a VM: systemd understands every line, they expose little, and their defaults are what the pages have."""

import re
import subprocess

import pytest

from stacks import DEPLOY

UNITS = DEPLOY / "systemd"
ROLES = ["forwarder", "receiver"]


def systemd_analyze(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments], text=True, capture_output=True)


@pytest.mark.parametrize("role", ROLES)
def test_systemd_understands_it(role, tmp_path):
    # The program is not installed here.
    text = (UNITS / f"packet-{role}.service").read_text().replace("/usr/bin/packet-forwarder", "/bin/true")
    unit = tmp_path / f"packet-{role}.service"
    unit.write_text(text)
    result = systemd_analyze("verify", "--man=no", unit)
    # It ends with 0 whatever it finds.
    assert result.returncode == 0 and result.stdout + result.stderr == ""
    unit.write_text(text.replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in systemd_analyze("verify", "--man=no", unit).stderr


@pytest.mark.parametrize("role", ROLES)
def test_it_exposes_little(role):
    result = systemd_analyze("security", "--offline=true", "--threshold=20", UNITS / f"packet-{role}.service")
    assert result.returncode == 0, result.stdout
    (exposure,) = re.findall(r"exposure level .*: ([\d.]+)", result.stdout)
    row = re.search(r"\| `systemd-analyze security` \| ([\d.]+) \| ([\d.]+) \|", (DEPLOY.parent / "docs" / "vm.md").read_text())
    assert exposure == row.group(1 + ROLES.index(role))


def test_the_five_variables_stand_there_commented():
    lines = (UNITS / "packet-forwarder.default").read_text().splitlines()
    assert re.findall(r"^#([A-Z_]+)=", "\n".join(lines), re.M) == ["DESTINATION", "BPF_FILTER", "INTERFACE", "MTU", "STAT_DURATION"]
    # A fresh installation says nothing by itself.
    assert all(line.startswith("#") or not line for line in lines)


def test_the_file_shows_what_the_receiver_does_without_it():
    (built_in,) = re.findall(r'^Environment="RECEIVE_OPTIONS=(.*)"$', (UNITS / "packet-receiver.service").read_text(), re.M)
    (shown,) = re.findall(r'^#RECEIVE_OPTIONS="(.*)"$', (UNITS / "packet-receiver.default").read_text(), re.M)
    assert shown == built_in
