"""The version is the product's: it stands in one place."""

import re
from pathlib import Path

from setuptools import setup

PRODUCT = Path(__file__).resolve().parents[1] / "src" / "hadir" / "__init__.py"
found = re.search(r'^__version__ = "(.+)"$', PRODUCT.read_text(), re.MULTILINE)
if found is None:
    raise SystemExit(f"hadir-rehearsal: {PRODUCT} says no version")
setup(version=found[1])
