#!/usr/bin/env python3
"""Whether bills of materials are what they say, by CycloneDX's own library: validate-bill.py FILE..."""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

if len(sys.argv) < 2:
    sys.exit("usage: " + __doc__.rsplit(": ", 1)[1])
failed = False
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    error = JsonStrictValidator(version).validate_str(text)
    print(f"{path}: " + (f"{error}" if error else f"CycloneDX {version.to_version()}"))
    failed = failed or error is not None
sys.exit(failed)
