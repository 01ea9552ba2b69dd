"""A nation's crowd is made by a C program; it must be the crowd that the gate knows from Python."""

import shutil
import struct
import subprocess

import pytest

from hadir.records.encoding import un_b64url
from hadir.records.jws import verify_es256
from rehearsal.bench.crowd import CrowdFiles, first_requests, public_keys, taps
from rehearsal.bench.tools import tool
from tests.conftest import in_ci

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None and not in_ci(), reason="no C compiler is installed here; CI has one"
)
FIRST, COUNT = 4_999_990, 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> CrowdFiles:
    crowd = CrowdFiles(folder=tmp_path_factory.mktemp("crowd"), people=COUNT)
    argv = [tool(crowd.folder, "crowd"), str(FIRST), str(COUNT), crowd.keys, crowd.requests]
    subprocess.run(list(map(str, argv)), check=True)
    return crowd


def test_keys_are_those_that_follow_from_a_persons_number(made: CrowdFiles) -> None:
    keys = list(struct.iter_unpack("32s64s", made.keys.read_bytes()))
    assert keys == [(kid, key) for kid, key, _ in public_keys(FIRST, COUNT)]


def test_requests_are_the_same_but_for_the_chance_in_a_signature(made: CrowdFiles) -> None:
    expected = list(taps(FIRST, COUNT))
    found = first_requests(made, COUNT)
    assert [one.rpartition(b".")[0] for one in found] == [request.rpartition(b".")[0] for _, request in expected]
    for ((_, key, _), _), request in zip(expected, found, strict=True):
        signing_input, _, signature = record_in(request).rpartition(b".")
        assert verify_es256(key, signing_input, un_b64url(signature.decode()))


def record_in(request: bytes) -> bytes:
    return request.partition(b'"record":"')[2].partition(b'"')[0]
