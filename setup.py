"""Puts what ships beside the code into the package that is installed: the law, the built phone, units and proxy.

They stay where they are in the source tree; `hadir.config.shipped` finds them in either place.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

TOP = Path(__file__).resolve().parent
SHIPPED = ("policies", "phone/dist", "deploy")


class BuildWithWhatShips(build_py):
    """A package without the law or the phone would start and judge nobody: it is not built."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(Path(self.build_lib) / "hadir", ignore_errors=True)  # nothing of an earlier build goes along
        super().run()
        if not self.editable_mode:
            for name in SHIPPED:
                self._ship(name)

    def _ship(self, name: str) -> None:
        source, target = TOP / name, Path(self.build_lib) / "hadir" / "shipped" / name
        if not source.is_dir():
            raise SystemExit(f"hadir: {name} is missing; run scripts/setup.sh env first, which builds the phone")
        shutil.copytree(source, target)


setup(cmdclass={"build_py": BuildWithWhatShips})
