"""CloudFormation templates as data, with every intrinsic function evaluated as far as it can be without an account.

What only exists once it is made stays a name: `@network/Vpc` is the id of the resource Vpc in network.yaml,
`@collector/LoadBalancer.DNSName` an attribute."""

import base64
import re
from pathlib import Path

import yaml

from moto_server import ACCOUNT, REGION

ABSENT = object()


class _Loader(yaml.SafeLoader):
    pass


def _intrinsic(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(path: Path) -> dict:
    """The template with the short forms of functions written out."""
    return yaml.load(path.read_text(), _Loader)


class Stack:
    """One template with its parameters set."""

    def __init__(self, path: Path, **parameters):
        self.name = path.stem
        self.template = load(path)
        known = self.template["Parameters"]
        unknown = set(parameters) - set(known)
        assert not unknown, f"{path.name} has no parameter {unknown}"
        self.parameters = {}
        for name, declared in known.items():
            value = parameters.get(name, declared.get("Default", ABSENT))
            assert value is not ABSENT, f"{path.name} wants the parameter {name}"
            if declared["Type"].startswith(("List<", "CommaDelimitedList")) and isinstance(value, str):
                value = value.split(",") if value else []
            self.parameters[name] = value

    def condition(self, name: str) -> bool:
        return bool(self.value(self.template["Conditions"][name]))

    def resources(self) -> dict[str, dict]:
        """Type and evaluated properties of each resource that the parameters ask for."""
        return {
            name: {"Type": resource["Type"], "Properties": self.value(resource.get("Properties", {}))}
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.condition(resource["Condition"])
        }

    def output(self, name: str):
        return self.value(self.template["Outputs"][name]["Value"])

    def value(self, node):
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (function, argument), = node.items()
            if function == "Ref":
                return self._ref(argument)
            if function == "Condition":
                return self.condition(argument)
            if function.startswith("Fn::"):
                return getattr(self, "_" + re.sub(r"\W", "", function[4:]).lower())(argument)
        evaluated = {name: self.value(value) for name, value in node.items()}
        return {name: value for name, value in evaluated.items() if value is not ABSENT}

    def _ref(self, name):
        fixed = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::NoValue": ABSENT}
        if name in fixed:
            return fixed[name]
        return self.parameters[name] if name in self.parameters else f"@{self.name}/{name}"

    def _getatt(self, argument):
        return f"@{self.name}/" + ".".join(argument)

    def _sub(self, argument):
        text, extra = argument if isinstance(argument, list) else (argument, {})
        extra = {name: self.value(value) for name, value in extra.items()}

        def replace(match):
            name = match[1]
            if name in extra:
                return str(extra[name])
            return str(self._getatt(name.split(".")) if "." in name else self._ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", replace, text)

    def _join(self, argument):
        separator, parts = argument
        return separator.join(str(part) for part in self.value(parts))

    def _select(self, argument):
        number, values = argument
        values = self.value(values)
        # A list that only exists later, such as the DNS entries of an endpoint.
        return values[int(number)] if isinstance(values, list) else f"{values}[{number}]"

    def _split(self, argument):
        separator, text = argument
        text = self.value(text)
        return f"{text}.split({separator})" if text.startswith("@") else text.split(separator)

    def _getazs(self, _):
        return [REGION + letter for letter in "abc"]

    def _base64(self, argument):
        return base64.b64encode(self.value(argument).encode()).decode()

    def _if(self, argument):
        name, yes, no = argument
        return self.value(yes if self.condition(name) else no)

    def _equals(self, argument):
        one, other = map(self.value, argument)
        return one == other

    def _not(self, argument):
        return not self.value(argument[0])
