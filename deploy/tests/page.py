"""The commands of a page, run against a moto server in the order in which they stand there.

A section is what stands in ```sh fences after a comment of the form <!-- name -->. ```console is for reading only."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import boto3

from moto_server import REGION, MotoServer
from template import load

# What is not there in a test: it says what it was asked for, and takes what is piped into it.
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >>"$STAND_IN_CALLS"
case " $* " in *" --password-stdin "*) cat >/dev/null ;; esac
"""

# moto's CloudFormation makes every load balancer an application's, which then refuses a listener for UDP.
MOTO_CANNOT = {"collector.yaml": ["Listener"]}
# Nor does it delete endpoints and route tables, and so no VPC that has any.
MOTO_CANNOT_DELETE = ("for stack in service collector network;", "for stack in service collector;")


@dataclass
class Run:
    output: str
    calls: list[str]  # of what a stand-in stood for
    before: dict  # what the account had
    middle: dict  # before the clean-up
    left: dict  # afterwards
    groups: list[dict]  # security groups before the clean-up


class Page:
    def __init__(self, path: Path):
        self.path = path
        self.sections: dict[str, list[str]] = {}
        current, fence = None, None
        for line in path.read_text().splitlines():
            if fence is None and (name := re.fullmatch(r"<!-- ([a-z -]+) -->", line)):
                current = None if name[1] == "end" else self.sections.setdefault(name[1], [])
            elif fence is None and line.startswith("```"):
                fence = line[3:]
            elif line == "```":
                fence = None
            elif fence == "sh":
                assert current is not None, f"commands outside of every section: {line}"
                current.append(line)

    def text(self, sections: list[str]) -> str:
        return "".join("\n".join(self.sections[name]) + "\n" for name in sections)

    def run(self, sections: list[str], folder: Path) -> Run:
        """Runs the sections in a copy of the page's folder. The clean-up begins with the page's line `aws ecs delete-service` or
        `for stack in`: there the account is looked at."""
        shutil.copytree(self.path.parent, folder / "deploy", ignore=shutil.ignore_patterns(".terraform*", "__pycache__"))
        for name, resources in MOTO_CANNOT.items():
            _without(folder / "deploy" / "cloudformation" / name, resources)
        stand_ins = folder / "bin"
        stand_ins.mkdir()
        for name in ("docker", "make"):
            (stand_ins / name).write_text(STAND_IN)
            (stand_ins / name).chmod(0o755)
        calls = folder / "calls"
        calls.write_text("")
        script = self.text(sections)
        if "for stack in" in script:
            assert MOTO_CANNOT_DELETE[0] in script
            script = script.replace(*MOTO_CANNOT_DELETE)
        cut = re.search(r"^(aws ecs delete-service|for stack in )", script, re.M).start()
        with MotoServer() as server:
            environment = server.environment() | {"STAND_IN_CALLS": str(calls)}
            environment["PATH"] = f"{stand_ins}:{environment['PATH']}"
            before = account(server.url)
            # One shell for all, since a section uses what one before it has set; it waits in the middle until it was looked at.
            (folder / "script").write_text(
                f"set -eu -o pipefail\n{script[:cut]}\necho >{folder}/half; while [ -e {folder}/half ]; do sleep 0.1; done\n{script[cut:]}")
            output = (folder / "output").open("w+")
            shell = subprocess.Popen(["bash", folder / "script"], env=environment, cwd=folder / "deploy", stdout=output, stderr=output)
            try:
                while shell.poll() is None and not (folder / "half").exists():
                    _pause(shell)
                middle, groups = account(server.url), _client(server.url, "ec2").describe_security_groups()["SecurityGroups"]
                (folder / "half").unlink(missing_ok=True)
                code = shell.wait(timeout=300)
            finally:
                shell.kill()
            said = (folder / "output").read_text()
            assert code == 0, f"exit {code}: {said[-3000:]}"
            return Run(said, calls.read_text().splitlines(), before, middle, account(server.url), groups)


def _pause(process):
    try:
        process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        pass


def _without(template: Path, resources: list[str]):
    """Takes resources out of a template's text, which stays as it is otherwise."""
    assert set(resources) <= set(load(template)["Resources"])
    lines, skipping = [], False
    for line in template.read_text().splitlines(keepends=True):
        if re.match(r"  \S", line) and not line.startswith("  #"):
            skipping = any(line.startswith(f"  {name}:") for name in resources)
        if not skipping:
            lines.append(line)
    template.write_text("".join(lines))


def _client(url: str, service: str):
    return boto3.client(service, endpoint_url=url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


def account(url: str) -> dict[str, int]:
    """How many of everything that the page makes there are."""

    def count(service, call, key, **arguments):
        return len(getattr(_client(url, service), call)(**arguments)[key])

    endpoints = _client(url, "ec2").describe_vpc_endpoints()["VpcEndpoints"]
    ecs = _client(url, "ecs")
    # What is deleted stays in lists for a while, inactive.
    clusters = [one["clusterArn"] for one in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
                if one["status"] == "ACTIVE"]
    return {
        "vpcs": count("ec2", "describe_vpcs", "Vpcs"),
        "subnets": count("ec2", "describe_subnets", "Subnets"),
        "route tables": count("ec2", "describe_route_tables", "RouteTables"),
        "security groups": count("ec2", "describe_security_groups", "SecurityGroups"),
        "endpoints": len([one for one in endpoints if one["State"] != "deleted"]),
        "launch templates": count("ec2", "describe_launch_templates", "LaunchTemplates"),
        "instances": sum(
            1 for group in _client(url, "ec2").describe_instances()["Reservations"] for one in group["Instances"]
            if one["State"]["Name"] not in ("terminated", "shutting-down")),
        "load balancers": count("elbv2", "describe_load_balancers", "LoadBalancers"),
        "target groups": count("elbv2", "describe_target_groups", "TargetGroups"),
        "scaling groups": count("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"),
        "hosted zones": count("route53", "list_hosted_zones", "HostedZones"),
        "roles": count("iam", "list_roles", "Roles"),
        "instance profiles": count("iam", "list_instance_profiles", "InstanceProfiles"),
        "log groups": count("logs", "describe_log_groups", "logGroups"),
        "repositories": count("ecr", "describe_repositories", "repositories"),
        "clusters": len(clusters),
        "services": sum(len(ecs.list_services(cluster=cluster)["serviceArns"]) for cluster in clusters),
        "task definitions": count("ecs", "list_task_definitions", "taskDefinitionArns"),
        "stacks": count("cloudformation", "list_stacks", "StackSummaries", StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"]),
    }
