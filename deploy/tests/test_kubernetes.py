"""Every overlay builds, has the form that Kubernetes takes, and does what the level of its namespace allows."""

import functools
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from pod_security import containers, violations
from stacks import DEPLOY

KUBERNETES = DEPLOY / "kubernetes"
OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
VERSION = "1.33"
LEVEL = "pod-security.kubernetes.io/enforce"


def build(overlay: str) -> list[dict]:
    return list(yaml.safe_load_all(_built(overlay)))


@functools.cache
def _built(overlay: str) -> str:
    kubectl = Path(sys.executable).parent / "kubectl"
    result = subprocess.run([kubectl, "kustomize", KUBERNETES / "overlays" / overlay], text=True, capture_output=True)
    assert result.returncode == 0 and not result.stderr, result.stderr
    return result.stdout


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request):
    return request.param, build(request.param)


def pods(objects: list[dict]) -> dict[str, dict]:
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in objects if "template" in one.get("spec", {})}


def namespace(objects: list[dict]) -> dict:
    (found,) = [one for one in objects if one["kind"] == "Namespace"]
    return found["metadata"]


def test_has_the_form_of_its_kind(overlay):
    for one in overlay[1]:
        # A resource of Prometheus' operator; see below.
        if one["kind"] != "PodMonitor":
            kubernetes_validate.validate(one, VERSION, strict=True)


@pytest.mark.parametrize("name", ["monitored", "collector"])
def test_figures_are_found_and_let_out(name):
    """The PodMonitor selects the pods, and names a port that the policy opens and that the program listens on."""
    objects = build(name)
    extra = KUBERNETES / "monitoring" / "collector.yaml"
    monitors = [one for one in objects if one["kind"] == "PodMonitor"] or [yaml.safe_load(extra.read_text())]
    (monitor,) = monitors
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1" and set(monitor["spec"]) == {"selector", "podMetricsEndpoints"}
    (deployment,) = [one for one in objects if one["kind"] == "Deployment"]
    template = deployment["spec"]["template"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    ports = {port["name"]: port for container in containers(template["spec"]) for port in container.get("ports", []) if "name" in port}
    port = ports[endpoint["port"]]
    assert endpoint["path"] == "/metrics" and port["protocol"] == "TCP"
    settings = [one["data"] for one in objects if one["kind"] == "ConfigMap" and "DESTINATION" in one["data"]]
    given = settings[0]["METRICS"] if settings else template["spec"]["containers"][0]["args"][-1]
    assert given == f":{port['containerPort']}"
    rules = [rule for one in objects if one["kind"] == "NetworkPolicy" for rule in one["spec"].get("ingress", [])]
    assert {"protocol": "TCP", "port": port["containerPort"]} in [one for rule in rules for one in rule["ports"]]


def test_there_are_no_figures_unless_they_are_asked_for():
    for name in ("baseline", "exempt", "node"):
        (settings,) = [one["data"] for one in build(name) if one["kind"] == "ConfigMap"]
        assert "METRICS" not in settings


def test_a_field_that_does_not_exist_is_seen():
    wrong = next(one for one in build("baseline") if one["kind"] == "Deployment")
    wrong["spec"]["template"]["spec"]["initContainers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_everything_is_in_its_namespace(overlay):
    name = namespace(overlay[1])["name"]
    assert {one["metadata"].get("namespace") for one in overlay[1] if one["kind"] != "Namespace"} == {name}


def test_pods_keep_to_the_level_that_is_enforced(overlay):
    level = namespace(overlay[1])["labels"][LEVEL]
    for name, pod in pods(overlay[1]).items():
        assert violations(level, pod) == set(), name


def test_what_is_exempt_is_what_the_capability_takes():
    """Of the restricted policy, the sidecar breaks no more than it must; the application nothing."""
    (pod,) = pods(build("exempt")).values()
    assert violations("restricted", pod) == {("packet-forwarder", "allowPrivilegeEscalation"), ("packet-forwarder", "capabilities.add")}
    assert violations("baseline", pod) == {("packet-forwarder", "capabilities.add")}


def test_the_node_is_privileged_for_its_network_and_capability_only():
    (pod,) = pods(build("node")).values()
    assert violations("baseline", pod) == {("", "hostNetwork"), ("packet-forwarder", "capabilities.add")}


@pytest.mark.parametrize("change, control", [
    ({"privileged": True}, "privileged"), ({"capabilities": {"add": ["NET_ADMIN"]}}, "capabilities.add"), ({"procMount": "Unmasked"}, "procMount"),
])
def test_the_policy_check_sees(change, control):
    (pod,) = pods(build("baseline")).values()
    pod["containers"][0]["securityContext"] |= change
    assert violations("baseline", pod) == {("orders", control)}


def test_capabilities_of_the_sidecar_are_unset_under_baseline():
    (pod,) = pods(build("baseline")).values()
    (sidecar,) = pod["initContainers"]
    assert sidecar["restartPolicy"] == "Always" and "capabilities" not in sidecar["securityContext"]
    assert "readinessProbe" not in sidecar and "startupProbe" not in sidecar  # they would hold up the application
    assert sidecar["livenessProbe"]["exec"]["command"] == ["/usr/bin/packet-forwarder", "healthcheck"]


def test_references_are_there(overlay):
    """Config maps by their generated names, ports and volumes by their names."""
    maps = {one["metadata"]["name"] for one in overlay[1] if one["kind"] == "ConfigMap"}
    for pod in pods(overlay[1]).values():
        used = {one["configMapRef"]["name"] for container in containers(pod) for one in container.get("envFrom", [])}
        used |= {volume["configMap"]["name"] for volume in pod.get("volumes", []) if "configMap" in volume}
        assert used <= maps
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        assert {mount["name"] for container in containers(pod) for mount in container.get("volumeMounts", [])} == volumes
    for service in (one for one in overlay[1] if one["kind"] == "Service"):
        ports = {port["name"] for pod in pods(overlay[1]).values() for one in containers(pod) for port in one.get("ports", []) if "name" in port}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_the_mirror_comes_out_and_in_by_the_same_door():
    (out,) = [one["spec"] for one in build("baseline") if one["kind"] == "NetworkPolicy"]
    collector = build("collector")
    (into,) = [one["spec"] for one in collector if one["kind"] == "NetworkPolicy"]
    mirror = out["egress"][0]
    assert mirror["ports"] == into["ingress"][0]["ports"] == [{"protocol": "UDP", "port": 4789}]
    assert mirror["to"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] == namespace(collector)["name"]
    (deployment,) = [one for one in collector if one["kind"] == "Deployment"]
    assert mirror["to"][0]["podSelector"] == into["podSelector"] == deployment["spec"]["selector"]
    (source,) = into["ingress"][0]["from"]
    for name in ("baseline", "exempt", "node"):
        assert source["namespaceSelector"]["matchLabels"].items() <= namespace(build(name))["labels"].items()
    # Nothing leaves a collector that ships nothing.
    assert into["policyTypes"] == ["Ingress", "Egress"] and "egress" not in into


def test_the_ephemeral_container_is_one():
    container = yaml.safe_load((KUBERNETES / "on-demand" / "container.yaml").read_text()) | {"name": "mirror", "image": "any"}
    pod = {"containers": [{"name": "app", "image": "any"}], "ephemeralContainers": [container]}
    kubernetes_validate.validate({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}, "spec": pod}, VERSION, strict=True)
    assert violations("baseline", pod) == set()
