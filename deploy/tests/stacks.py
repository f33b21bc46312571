"""The stacks as README.md puts them together, with names in place of ids, for both ways of deploying."""

import os
from pathlib import Path

from moto_server import ACCOUNT, REGION
from template import Stack

DEPLOY = Path(__file__).resolve().parent.parent
REPOSITORY = DEPLOY.parent
BINARY = Path(os.environ.get("PACKET_FORWARDER") or REPOSITORY / ".build" / "release" / "packet-forwarder").absolute()
CLOUDFORMATION = DEPLOY / "cloudformation"
TERRAFORM = DEPLOY / "terraform"
TEMPLATES = sorted(path for path in CLOUDFORMATION.glob("*.yaml") if path.name != "findings.yaml")

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
FORWARDER_IMAGE = f"{REGISTRY}/packet-forwarder:1.0.0"
APP_IMAGE = f"{REGISTRY}/app:1.0.0"
CONSUMER = "arn:aws:iam::222222222222:root"
SERVICE_NAME = f"com.amazonaws.vpce.{REGION}.vpce-svc-0123456789abcdef0"
ZONES = [REGION + letter for letter in "abc"]
S3 = "@S3PrefixList"


def _network_parameters(network: Stack) -> dict:
    subnets = network.output("SubnetIds").split(",")
    return {"VpcId": network.output("VpcId"), "SubnetIds": subnets, "EndpointGroupId": network.output("EndpointGroupId")}


def _service(network: Stack, front: Stack) -> Stack:
    return Stack(
        CLOUDFORMATION / "service.yaml", **_network_parameters(network), S3PrefixListId=S3, MirrorGroupId=front.output("MirrorGroupId"),
        Destination=front.output("Destination"), ForwarderImage=FORWARDER_IMAGE, AppImage=APP_IMAGE,
    )


def private_vpc(**collector_parameters) -> dict[str, Stack]:
    """Everything in one account."""
    network = Stack(CLOUDFORMATION / "network.yaml", Zones=ZONES)
    collector = Stack(
        CLOUDFORMATION / "collector.yaml", **_network_parameters(network), Zones=ZONES, S3PrefixListId=S3, ReceiveImage=FORWARDER_IMAGE,
        **collector_parameters,
    )
    return {"network": network, "collector": collector, "service": _service(network, collector)}


def consumer() -> dict[str, Stack]:
    """The account of the tasks, whose collectors are behind PrivateLink."""
    network = Stack(CLOUDFORMATION / "network.yaml", Zones=ZONES)
    parameters = _network_parameters(network)
    privatelink = Stack(
        CLOUDFORMATION / "privatelink.yaml", VpcId=parameters["VpcId"], SubnetIds=parameters["SubnetIds"], ServiceName=SERVICE_NAME
    )
    return {"network": network, "privatelink": privatelink, "service": _service(network, privatelink)}
