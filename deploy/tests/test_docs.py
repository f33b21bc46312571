"""The AWS commands of docs/ecs.md, in order, against a moto server, the pod of docs/kubernetes.md, and the figures of docs/performance.md."""

import json
import os
import re
import shutil
import subprocess

import boto3
import kubernetes_validate
import pytest
import yaml

from moto_server import REGION, MotoServer
from pod_security import violations
from stacks import DEPLOY, REPOSITORY
from test_scale import cost

HELD = re.compile(r"^<!-- snippet: held by deploy/tests/test_docs\.py -->\n```(\w+)\n(.*?)^```$", re.M | re.S)
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


def blocks(page: str, language: str) -> list[str]:
    found = [text for name, text in HELD.findall((REPOSITORY / "docs" / page).read_text()) if name == language]
    assert found
    return found


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """A cluster with a service, and all commands of the page run in it: what docker was asked for, and a client of each service."""
    folder = tmp_path_factory.mktemp("docs")
    stand_ins = folder / "bin"
    stand_ins.mkdir()
    (stand_ins / "docker").write_text('#!/bin/sh\necho "$*" >>"$DOCKER_CALLS"\ncase " $* " in *" --password-stdin "*) cat >/dev/null ;; esac\n')
    (stand_ins / "docker").chmod(0o755)
    shutil.copy(os.environ["PACKET_FORWARDER"], stand_ins / "packet-forwarder")
    with MotoServer() as server:
        def client(service):
            return boto3.client(service, endpoint_url=server.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")

        ec2, ecs = client("ec2"), client("ecs")
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        ecs.create_cluster(clusterName="prod")
        application = json.loads((DEPLOY / "ecs" / "application.json").read_text())
        application["containerDefinitions"][0]["memory"] = 512  # without, moto cannot run it
        ecs.register_task_definition(**application)
        ecs.create_service(cluster="prod", serviceName="orders", taskDefinition="orders", desiredCount=0, launchType="FARGATE",  # moto starts none, and stable is when as many run
                           networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}})
        environment = server.environment() | {
            "IMAGE": f"{REGISTRY}/packet-forwarder:1.0.0", "COLLECTOR": "collector.example.com", "CLUSTER": "prod",
            "NETWORK": f"awsvpcConfiguration={{subnets=[{subnet}],securityGroups=[{group}]}}", "DOCKER_CALLS": str(folder / "calls")}
        environment["PATH"] = f"{stand_ins}:{environment['PATH']}"
        # moto has no CloudTrail events to look up; that the AWS CLI understands the command line has to do.
        script = "".join(blocks("ecs.md", "sh"))
        lookup = "aws cloudtrail lookup-events"
        assert lookup in script
        script = "set -eu -o pipefail\n" + script.replace(lookup, f"{lookup} --generate-cli-skeleton output")
        result = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, text=True, capture_output=True, timeout=120)
        assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
        yield result.stdout, (folder / "calls").read_text(), client


def sidecar(definition: dict) -> dict:
    (found,) = [one for one in definition["containerDefinitions"] if one["name"] == "packet-forwarder"]
    return found


class TestECS:
    def test_the_service_runs_with_its_mirror(self, account):
        ecs = account[2]("ecs")
        (service,) = ecs.describe_services(cluster="prod", services=["orders"])["services"]
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        assert sidecar(definition)["image"] == f"{REGISTRY}/packet-forwarder:1.0.0"
        assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}

    def test_twice_is_once(self, account):
        """The pipeline's step, on the definition that has the sidecar already, has made the same."""
        ecs = account[2]("ecs")
        second, third = (ecs.describe_task_definition(taskDefinition=f"orders:{revision}")["taskDefinition"] for revision in (2, 3))
        assert second["containerDefinitions"] == third["containerDefinitions"]

    def test_the_diff_is_shown(self, account):
        assert re.search(r'^\+ +"name": "packet-forwarder"', account[0], re.M)

    def test_the_image_is_pushed_where_tags_stay(self, account):
        calls = account[1].splitlines()
        assert f"push {REGISTRY}/packet-forwarder:1.0.0" in calls
        assert any("build --platform linux/amd64" in call for call in calls)
        (repository,) = account[2]("ecr").describe_repositories()["repositories"]
        assert repository["imageTagMutability"] == "IMMUTABLE" and repository["imageScanningConfiguration"]["scanOnPush"]

    def test_the_check_is_the_command_of_a_task(self, account):
        ecs = account[2]("ecs")
        tasks = ecs.describe_tasks(cluster="prod", tasks=ecs.list_tasks(cluster="prod")["taskArns"])["tasks"]
        assert ["check"] in [one.get("command") for task in tasks for one in task["overrides"]["containerOverrides"]]

    def test_the_rule_knows_the_events_of_the_table(self, account):
        pattern = json.loads(account[2]("events").describe_rule(Name="mirror-changes")["EventPattern"])
        table = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", (REPOSITORY / "docs" / "ecs.md").read_text(), re.M)
        assert set(pattern["detail"]["eventName"]) <= set(re.findall(r"\w+", " ".join(table)))


class TestKubernetes:
    def test_the_pod_is_one(self):
        (text,) = blocks("kubernetes.md", "yaml")
        pod = yaml.safe_load(text)
        kubernetes_validate.validate(pod, "1.33", strict=True)
        assert violations("baseline", pod["spec"]) == set()


class TestPerformance:
    """The page has the figures of bench/results and of bench/scale, and no others."""

    TEXT = (REPOSITORY / "docs" / "performance.md").read_text()
    ROWS = {(one["load"], one["contender"]): one for one in json.loads((REPOSITORY / "bench" / "results" / "latest.json").read_text())["rows"]}
    LOADS = {"UDP, 200 bytes": "udp200", "UDP, 1414 bytes": "udp1414", "UDP, mixed sizes": "imix", "HTTP, 1000-byte responses": "http1k",
             "one TCP connection to the application, at full speed": "download",
             "one TCP connection from the application, at full speed": "upload",
             "download, one connection at full speed": "download", "upload, one connection at full speed": "upload"}

    def cells(self, head: str) -> list[list[str]]:
        table = self.TEXT[self.TEXT.index(head):].split("\n\n")[0].splitlines()[2:]
        return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]

    def test_cpu(self):
        rows = self.cells("| traffic | CPU |")
        assert len(rows) == 6
        for name, cpu, against in rows:
            one = self.ROWS[self.LOADS[name], "ring"]
            number, unit = re.fullmatch(r"(\d+) ns a (frame|KiB)", cpu).groups()
            assert int(number) == round(one["forwarderPerFrame" if unit == "frame" else "forwarderPerKiB"]["median"]), name
            assert not against or float(against) == pytest.approx(one["againstPlain"]["median"], abs=0.006), name

    def test_what_is_kept(self):
        rows = [row for row in self.cells("| load | MTU |") if row[1] == "9000"]
        assert len(rows) == 3
        for name, _, ours, mirred in rows:
            for contender, kept in (("ring", ours), ("mirred", mirred)):
                assert float(kept) == pytest.approx(self.ROWS[self.LOADS[name], contender]["kept"]["median"], abs=0.006), name

    def test_money(self):
        amounts = {part.split(",")[0]: amount for part, _, amount in cost.by_volume(100)}
        names = {"CPU of the forwarders": "CPU of the forwarders", "Network Load Balancer": "NLCU", "PrivateLink": "PrivateLink",
                 "between zones": "between zones"}
        rows = self.cells("| part | $ a month |")
        assert len(rows) == 4
        for part, dollars in rows:
            assert int(dollars) == round(amounts[names[part.split(",")[0]]]), part
        fixed = sum(amount for _, _, amount in cost.fixed())
        assert f"{round(fixed)} $ for the walk-through" in self.TEXT
