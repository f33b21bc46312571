"""Terraform, run on a copy of the modules and against a moto server: what it plans, what it makes."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from stacks import APP_IMAGE, CONSUMER, FORWARDER_IMAGE, SERVICE_NAME, TERRAFORM

VARIABLES = {
    "private-vpc": {"forwarder_image": FORWARDER_IMAGE, "app_image": APP_IMAGE, "consumer_principals": f'["{CONSUMER}"]'},
    "consumer": {"forwarder_image": FORWARDER_IMAGE, "app_image": APP_IMAGE, "service_name": SERVICE_NAME},
}

# moto's answer about who may connect to an endpoint service is empty, which the provider takes for a lost resource. Nothing else may fail.
KNOWN_GAP = "aws_vpc_endpoint_service_allowed_principal"


def missing() -> str | None:
    """Why Terraform cannot be run here, or None."""
    if not shutil.which("terraform"):
        return "terraform is not on the PATH"
    if not plugins().is_dir():
        return f"no provider in {plugins()} (TF_PLUGINS)"
    return None


def plugins() -> Path:
    return Path(os.environ.get("TF_PLUGINS") or "terraform-providers")


class Working:
    """A copy of all modules, with the root module `root` initialised offline."""

    def __init__(self, root: str, folder: Path, environment: dict):
        shutil.copytree(TERRAFORM, folder / "terraform", ignore=shutil.ignore_patterns(".terraform*"))
        self.folder = folder / "terraform" / root
        configuration = folder / "terraformrc"
        configuration.write_text("")
        self.environment = environment | {"TF_CLI_CONFIG_FILE": str(configuration), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self.run("init", "-input=false", f"-plugin-dir={plugins()}")

    def run(self, *arguments, check=True):
        result = subprocess.run(
            ["terraform", arguments[0], "-no-color", *arguments[1:]], cwd=self.folder, env=self.environment, text=True, capture_output=True
        )
        assert not check or result.returncode == 0, f"terraform {arguments[0]}: {result.stdout[-4000:]}{result.stderr[-4000:]}"
        return result


class Applied:
    """A root module that was planned and applied: its resources, and what their configuration sets."""

    def __init__(self, root: str, folder: Path, environment: dict):
        working = Working(root, folder, environment)
        variables = [f"-var={name}={value}" for name, value in VARIABLES[root].items()]
        working.run("plan", "-input=false", "-out=plan", *variables)
        self.plan = json.loads(working.run("show", "-json", "plan").stdout)
        result = working.run("apply", "-input=false", "plan", check=False)
        self.errors = re.findall(r"Error: (.*)\n[│\s]*(?:When applying changes to[│\s]*)?(.*)", result.stderr)
        self.state = json.loads(working.run("show", "-json").stdout)

    def resources(self) -> dict[str, dict]:
        """By address: what was planned, and what only came to be known when it was made."""
        planned = {one["address"]: one for one in _resources(self.plan["planned_values"]["root_module"])}
        made = self.made()
        for address, one in made.items():
            # moto forgets the VPC of a zone. It is what the module's security groups have too: both are set to var.vpc_id.
            if one["type"] == "aws_route53_zone":
                module = address.rsplit(".", 2)[0]
                assert self._reference(address, "vpc") == self._reference(f"{module}.aws_security_group.mirror_group", "vpc_id") == "var.vpc_id"
                one["values"]["vpc"] = [{"vpc_id": made[f"{module}.aws_security_group.mirror_group"]["values"]["vpc_id"]}]
        return {
            address: one | {"values": _known(one["values"], made.get(address, {}).get("values", {}))}
            for address, one in planned.items()
            if one["mode"] == "managed"
        }

    def made(self) -> dict[str, dict]:
        return {one["address"]: one for one in _resources(self.state["values"]["root_module"])}

    def parameters(self) -> list[tuple[str, str]]:
        """Values that were looked up in the parameter store, and their names there, which CloudFormation has in their place."""
        return [
            (one["values"]["insecure_value"], one["values"]["name"]) for one in self.made().values() if one["type"] == "aws_ssm_parameter"
        ]

    def _configuration(self) -> dict[str, dict]:
        """By address without keys: the expressions of attributes and blocks."""
        found = {}

        def visit(module, prefix):
            for resource in module.get("resources", []):
                if resource["mode"] == "managed":
                    found[prefix + resource["address"]] = resource.get("expressions", {})
            for name, call in module.get("module_calls", {}).items():
                visit(call["module"], f"{prefix}module.{name}.")

        visit(self.plan["configuration"]["root_module"], "")
        return found

    def _reference(self, address: str, attribute: str) -> str:
        """What the attribute, or the `vpc_id` of the block, is set to."""
        expression = self._configuration()[re.sub(r"\[\d+\]", "", address)][attribute]
        (reference,) = (expression[0]["vpc_id"] if isinstance(expression, list) else expression)["references"]
        return reference

    def configured(self) -> dict[str, set[str]]:
        """By address without keys: the names of the attributes and blocks that the configuration has."""
        return {address: set(expressions) for address, expressions in self._configuration().items()}


def _resources(module):
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _known(planned, made):
    """The planned values, with those that were unknown from what was made."""
    if isinstance(planned, dict) and isinstance(made, dict):
        return made | {name: _known(value, made.get(name)) for name, value in planned.items() if value is not None}
    if isinstance(planned, list) and isinstance(made, list) and len(planned) == len(made) and any(isinstance(one, dict) for one in planned):
        return [_known(one, other) for one, other in zip(planned, made)]
    return planned
