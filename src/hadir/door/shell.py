"""The phone's built files as they are sent: read, named by their hash and compressed once, at the start."""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hadir.door.answers import SHELL_HEADERS, head_of
from hadir.gate.head import values
from hadir.gate.wire import Request, Response

SHELL_FILES_MAX = 200
_PACKED_TYPES = re.compile(r"text/.*|application/(javascript|json|manifest\+json|wasm)|image/svg\+xml")
_REFUSES_GZIP = re.compile(rb"q=0(\.0*)?")


@dataclass(frozen=True)
class File:
    """One file, plain and, where that is shorter, packed. It holds nothing that is secret, nor anything of the request:
    compressing it tells nobody anything.
    """

    body: bytes
    packed: bytes | None
    head: bytes
    tag: str

    def answer(self, request: Request) -> Response:
        """What this request accepts, or that it has it already."""
        body = self.packed if self.packed is not None and _takes_gzip(request) else self.body
        tag = f'"{self.tag}"' if body is self.body else f'"{self.tag}-gzip"'
        head = self.head + f"ETag: {tag}\r\n".encode()
        if self.packed is not None:
            head += b"Vary: Accept-Encoding\r\n"
        if tag in _known_tags(request):
            return Response(304, head, b"")
        return Response(200, head if body is self.body else head + b"Content-Encoding: gzip\r\n", body)


def read_shell(folder: Path) -> Mapping[str, File]:
    """Every file of the built phone by its address; the root is index.html. FileNotFoundError when it is not there."""
    if not (folder / "index.html").exists():
        raise FileNotFoundError(f"the phone is not built: {folder}/index.html is missing (make env builds it)")
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if len(found) > SHELL_FILES_MAX:
        raise ValueError(f"{folder} holds {len(found)} files; the phone is smaller than that")
    files = {f"/{path.relative_to(folder).as_posix()}": _read(path) for path in found}
    return {"/": files["/index.html"], **files}


def make_file(body: bytes, kind: str, *, for_ever: bool = False) -> File:
    headers = {
        **SHELL_HEADERS,
        "Content-Type": kind,
        "Cache-Control": "public, max-age=31536000, immutable" if for_ever else "no-cache",
    }
    packed = gzip.compress(body, mtime=0) if _PACKED_TYPES.fullmatch(kind.partition(";")[0]) else body
    return File(
        body=body,
        packed=packed if len(packed) < len(body) else None,
        head=head_of(headers),
        tag=hashlib.sha256(body).hexdigest()[:32],
    )


def _read(path: Path) -> File:
    kind = "application/manifest+json" if path.suffix == ".webmanifest" else mimetypes.guess_type(path.name)[0]
    return make_file(path.read_bytes(), kind or "application/octet-stream", for_ever=path.parent.name == "assets")


def _takes_gzip(request: Request) -> bool:
    for value in values(request.headers, b"accept-encoding"):
        for choice in value.lower().split(b","):
            name, _, weight = (part.strip() for part in choice.partition(b";"))
            if name == b"gzip":
                return not _REFUSES_GZIP.fullmatch(weight)
    return False


def _known_tags(request: Request) -> set[str]:
    listed = b",".join(values(request.headers, b"if-none-match")).decode("latin-1")
    return {tag.strip().removeprefix("W/") for tag in listed.split(",")}
