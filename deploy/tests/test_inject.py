"""What `packet-forwarder inject` makes is taken by those who will get it: AWS's models, CloudFormation's, Kubernetes'."""

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import botocore.session
import botocore.validate
import kubernetes_validate
import pytest
import yaml

from moto_server import MotoServer
from pod_security import violations
from stacks import BINARY, REPOSITORY
from yaml_styles import Writer

TOOLS = Path(sys.executable).parent
ARGUMENTS = ["--image", "registry.example.com/packet-forwarder:1.0.0", "--destination", "collector.example.com"]
CASES = [line.split() for line in (REPOSITORY / "Tests/Golden/inject/cases").read_text().splitlines() if not line.startswith("#")]
ECS = [case for case in CASES if "ecs" in case[0]]
CLOUDFORMATION = [case for case in CASES if "cloudformation" in case[0]]
KUBERNETES = [case for case in CASES if "kubernetes" in case[0]]

pytestmark = pytest.mark.skipif(not BINARY.exists() and not os.environ.get("CI"), reason=f"no {BINARY}: make build")


class Loader(yaml.SafeLoader):
    """Short tags of CloudFormation as values of their own."""


def _tagged(loader, suffix, node):
    value = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}.get(type(node), loader.construct_mapping)
    return (suffix, value(node))


Loader.add_multi_constructor("!", _tagged)


def inject(text: bytes | str, *arguments: str) -> str:
    result = subprocess.run([BINARY, "inject", *arguments], input=text if isinstance(text, bytes) else text.encode(), capture_output=True)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


def read(text: str) -> list:
    return list(yaml.load_all(text.removeprefix("\ufeff"), Loader))


def identity(case: list[str]) -> str:
    return Path(case[0]).name


@pytest.fixture(params=CASES, ids=identity)
def case(request):
    source, result, *arguments = request.param
    return (REPOSITORY / source).read_bytes().decode(), (REPOSITORY / result).read_bytes().decode(), arguments


def test_there_are_as_many_shapes_as_there_should_be():
    assert len(ECS) >= 10 and len(KUBERNETES) >= 6 and len(CLOUDFORMATION) >= 2


def test_the_examples_are_its_output(case):
    text, expected, arguments = case
    assert inject(text, *arguments) == expected


def test_twice_is_once(case):
    _, expected, arguments = case
    assert inject(expected, *arguments) == expected


def test_a_dry_run_shows_a_diff_and_writes_nothing(case, tmp_path):
    text, expected, arguments = case
    file = tmp_path / "file"
    file.write_bytes(text.encode())
    before = file.stat()
    shown = subprocess.run([BINARY, "inject", *arguments, "--dry-run", file], capture_output=True)
    assert shown.returncode == 0 and b"\x1b" not in shown.stdout
    after = file.stat()
    assert file.read_bytes().decode() == text and (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert list(tmp_path.iterdir()) == [file]
    # The diff is one: patch(1) makes the result of it.
    subprocess.run(["patch", "--quiet", file], input=shown.stdout, check=True)
    assert file.read_bytes().decode() == expected


def test_write_replaces_the_file_and_keeps_what_it_was(case, tmp_path):
    text, expected, arguments = case
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(text.encode())
    file.chmod(0o640)
    link.symlink_to(file)
    written = subprocess.run([BINARY, "inject", *arguments, "--write", link], capture_output=True)
    assert written.returncode == 0 and written.stdout == b""
    assert link.is_symlink() and file.read_bytes().decode() == expected and file.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == [file, link]


@pytest.fixture(scope="module")
def aws():
    with MotoServer() as server:
        yield lambda *arguments: subprocess.run(
            [TOOLS / "aws", "ecs", *arguments], env=server.environment(), text=True, capture_output=True)


class TestTaskDefinitions:
    @pytest.mark.parametrize("case", ECS, ids=identity)
    def test_botocore_takes_it(self, case):
        shape = botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition").input_shape
        task = json.loads((REPOSITORY / case[1]).read_text())
        report = botocore.validate.ParamValidator().validate(task, shape)
        assert not report.has_errors(), report.generate_report()

    @pytest.mark.parametrize("case", ECS, ids=identity)
    def test_it_registers_and_what_is_described_registers_again(self, case, aws, tmp_path):
        source, result, *arguments = case
        registered = aws("register-task-definition", "--cli-input-json", f"file://{REPOSITORY / result}")
        assert registered.returncode == 0, registered.stderr
        arn = json.loads(registered.stdout)["taskDefinition"]["taskDefinitionArn"]
        described = aws("describe-task-definition", "--task-definition", arn, "--include", "TAGS")
        again = tmp_path / "again.json"
        again.write_text(inject(described.stdout, *arguments))
        assert aws("register-task-definition", "--cli-input-json", f"file://{again}").returncode == 0
        (own,) = [one for one in json.loads(again.read_text())["containerDefinitions"] if one["name"] == self.name(arguments)]
        (first,) = [one for one in json.loads((REPOSITORY / result).read_text())["containerDefinitions"] if one["name"] == self.name(arguments)]
        assert first.items() <= own.items()

    @pytest.mark.parametrize("case", ECS, ids=identity)
    def test_the_rest_stays_as_it_was(self, case):
        source, result, *arguments = case
        before = json.loads((REPOSITORY / source).read_text())
        after = json.loads((REPOSITORY / result).read_text())
        if "taskDefinition" in before:
            before = before["taskDefinition"] | {"tags": before["tags"]}
            for name in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy"):
                del before[name]
        for task in (before, after):
            task["containerDefinitions"] = [one for one in task["containerDefinitions"] if one["name"] != self.name(arguments)]
            for one in task["containerDefinitions"]:
                if "--wait" in arguments:
                    one["dependsOn"] = [other for other in one.get("dependsOn", []) if other["containerName"] != self.name(arguments)]
        assert after == before

    @staticmethod
    def name(arguments: list[str]) -> str:
        return arguments[arguments.index("--name") + 1] if "--name" in arguments else "packet-forwarder"


class TestTemplates:
    @pytest.mark.parametrize("case", CLOUDFORMATION, ids=identity)
    def test_cfn_lint_is_clean(self, case):
        result = subprocess.run([TOOLS / "cfn-lint", "--non-zero-exit-code", "informational", "--template", *(REPOSITORY / one for one in case[:2])],
                                text=True, capture_output=True)
        assert result.returncode == 0, result.stdout + result.stderr

    def test_comments_and_short_tags_stay(self):
        source, result = ((REPOSITORY / f"Tests/Golden/inject/cloudformation{end}.yaml").read_text() for end in ("", ".expected"))
        for what in (r"#.*", r"!\w+.*"):
            found, left = re.findall(what, source), iter(re.findall(what, result))
            assert found and all(one in left for one in found)  # in this order


    def test_the_page_shows_what_happens(self):
        """docs/inject.md: before and after."""
        before, after = re.findall(r"^```yaml\n(.*?)^```$", (REPOSITORY / "docs/inject.md").read_text(), re.M | re.S)
        head = "Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n"
        assert inject(head + before, *ARGUMENTS, "--wait", "--set", "MTU=8500") == head + after


class TestManifests:
    @pytest.mark.parametrize("case", KUBERNETES, ids=identity)
    def test_it_has_the_form_of_its_kind(self, case):
        documents = read((REPOSITORY / case[1]).read_text())
        for one in [item for document in documents for item in document.get("items", [document])]:
            kubernetes_validate.validate(one, "1.33", strict=True)

    @pytest.mark.parametrize("case", KUBERNETES, ids=identity)
    def test_the_baseline_level_takes_the_sidecar(self, case):
        for pod in pods(read((REPOSITORY / case[1]).read_text())):
            (sidecar,) = [one for one in pod["initContainers"] if one["name"] == "packet-forwarder"]
            assert sidecar["restartPolicy"] == "Always"
            assert violations("baseline", {"containers": [sidecar]}) == set()


def pods(documents: list) -> list[dict]:
    found = []
    for document in documents:
        if isinstance(document, dict):
            found += [document["spec"]] if document.get("kind") == "Pod" else []
            found += [value["spec"] for key, value in document.items() if key == "template" and "spec" in value]
            found += pods(list(document.values()))
        elif isinstance(document, list):
            found += pods(document)
    return found


DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "orders", "labels": {"app": "orders", "on": "5"}},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "orders"}}, "template": {
        "metadata": {"labels": {"app": "orders"}},
        "spec": {
            "initContainers": [{"name": "prepare", "image": "registry.example.com/prepare:1", "args": ["one", "two words"]}],
            "containers": [
                {"name": "orders", "image": "registry.example.com/orders:1", "env": [{"name": "SCRIPT", "value": "first\n\n  second\n"}, {"name": "N", "value": "1"}]},
                {"name": "helper", "image": "helper", "command": ["sh", "-c", "sleep 1"], "ports": [{"containerPort": 80}]}],
            "volumes": [{"name": "scratch", "emptyDir": {}}]}}},
}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "orders"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "orders"}}}


@pytest.mark.parametrize("seed", range(60))
def test_however_it_is_written(seed):
    """Read by a reader of another make: the sidecar is there, and nothing else is different; every comment is where it was."""
    deployment = copy.deepcopy(DEPLOYMENT)
    pod = deployment["spec"]["template"]["spec"]
    if seed % 3 == 0:
        del pod["initContainers"]
    if seed % 2:
        pod["containers"] = pod.pop("containers")  # the last member
    text = Writer(seed).text([SERVICE, deployment] if seed % 5 else [deployment])
    before = read(text)
    result = inject(text, *ARGUMENTS, "--set", "BPF_FILTER=tcp port 8080")
    after = read(result)
    (pod,) = pods(after)
    assert pod["initContainers"][-1]["name"] == "packet-forwarder"
    assert pod["initContainers"][-1]["env"][0] == {"name": "BPF_FILTER", "value": "tcp port 8080"}
    del pod["initContainers"][-1]
    if not pod["initContainers"]:
        del pod["initContainers"]
    assert after == before
    comments = re.findall(r"# comment \d+:.*", text)
    assert re.findall(r"# comment \d+:.*", result) == comments
    assert inject(result, *ARGUMENTS, "--set", "BPF_FILTER=tcp port 8080") == result
    changed = inject(result, *ARGUMENTS, "--set", "BPF_FILTER=udp", "--set", "MTU=1500")
    (pod,) = pods(read(changed))
    assert {one["name"]: one["value"] for one in pod["initContainers"][-1]["env"]} == {
        "BPF_FILTER": "udp", "DESTINATION": "collector.example.com", "INTERFACE": "any", "MTU": "1500", "STAT_DURATION": "30"}
    assert re.findall(r"# comment \d+:.*", changed) == comments
