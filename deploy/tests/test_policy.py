"""checkov's findings are those that are explained beside the code, and deployments name only settings that there are."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stacks import DEPLOY, REPOSITORY, private_vpc
from test_kubernetes import OVERLAYS, build, pods

CHECKOV = Path(sys.executable).parents[1].parent / "checkov" / "bin" / "checkov"


def findings(framework: str, folder: Path) -> dict[str, set[str]]:
    result = subprocess.run(
        [CHECKOV, "--skip-download", "--quiet", "--compact", "--soft-fail", "--output", "json", "--framework", framework, "--directory", folder],
        text=True, capture_output=True)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["summary"]["parsing_errors"] == 0 and report["summary"]["passed"] > 0
    found: dict[str, set[str]] = {}
    for one in report["results"]["failed_checks"]:
        file = Path(one["file_path"])
        where = {"cloudformation": f"{file.name} {one['resource'].split('.')[-1]}", "terraform": one["resource"],
                 "kubernetes": f"{file.stem} {re.sub('.*app-', '', one['resource'].split('.')[-1])}"}[framework]
        found.setdefault(one["check_id"], set()).add(where)
    return found


@pytest.mark.parametrize("framework", ["cloudformation", "terraform", "kubernetes"])
def test_every_finding_is_explained(framework, tmp_path):
    folder = DEPLOY / framework
    if framework == "kubernetes":  # as built: the components are no objects yet
        for overlay in OVERLAYS:
            (tmp_path / f"{overlay}.yaml").write_text(yaml.safe_dump_all(build(overlay)))
        folder = tmp_path
    explained = yaml.safe_load((DEPLOY / framework / "findings.yaml").read_text())
    assert all(one["why"] for one in explained.values())
    assert findings(framework, folder) == {check: set(one["where"]) for check, one in explained.items()}


def settings() -> set[str]:
    """The variables of docs/settings.md."""
    text = (REPOSITORY / "docs" / "settings.md").read_text()
    table = text[text.index("| flag | variable |"):]
    rows = re.findall(r"^\| `--[^|]*\| ([^|]+) \|", table, re.M)
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def test_settings_exist():
    known = settings()
    assert {"DESTINATION", "BPF_FILTER", "STAT_FORMAT"} <= known
    task = private_vpc()["service"].resources()["Task"]["Properties"]
    used = {one["Name"] for container in task["ContainerDefinitions"] for one in container.get("Environment", [])}
    for overlay in OVERLAYS:
        used |= {name for one in build(overlay) if one["metadata"]["name"].startswith("packet-forwarder-") for name in one.get("data", {})}
        used |= {variable["name"] for pod in pods(build(overlay)).values()
                 for one in pod.get("initContainers", []) + pod["containers"] for variable in one.get("env", [])}
    used |= {one["name"] for one in yaml.safe_load((DEPLOY / "kubernetes" / "on-demand" / "container.yaml").read_text())["env"]}
    used |= set(re.findall(r'\{"name": "([A-Z_]+)"', (DEPLOY / "README.md").read_text()))
    assert used and used <= known


def test_statistics_that_are_watched_exist():
    text = (REPOSITORY / "docs" / "statistics.md").read_text()
    watched = {resource["Properties"]["FilterName"] for resource in private_vpc()["service"].resources().values()
               if resource["Type"] == "AWS::Logs::MetricFilter"}
    assert len(watched) == 4
    for name in watched | {"interface"}:
        assert f"| `{name}` |" in text, name
