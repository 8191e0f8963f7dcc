"""Uploads that go on after a cut line, over HTTP, in the shape of tus 1.0 (docs/uploads.md)."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import http_date
from django.utils.translation import gettext
from ninja import Router, Status
from pydantic import BaseModel, Field

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from films import uploads
from films.models import Upload
from films.uploads import Checksum
from lib.problems import answers, handles, problem, refuses, register_codes
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from lib.stored_sentences import translate_stored
from lib.validation import Invalid

routes = Router(tags=["films"])
_ONE = "/uploads/{slug:upload_id}"
PIECE = 1 << 18
VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
BYTES = "application/offset+octet-stream"
STATUS_IN_USE, STATUS_CHECKSUM = 423, 460

register_codes(
    checksum="The bytes are not those of the checksum",
    expired="The upload has expired",
    locked="Another request is sending the same",
    too_many_uploads="You have too many uploads",
    unsupported="This is not how uploads are sent here",
    wrong_offset="The upload goes on elsewhere",
)
answers(uploads.UploadTooLarge, 413, "too_large")
answers(uploads.TooManyUploads, 409, "too_many_uploads")
answers(uploads.UploadExpired, 410, "expired")
answers(uploads.UploadInUse, STATUS_IN_USE, "locked", headers={"Retry-After": "1"})
answers(uploads.ChecksumDiffers, STATUS_CHECKSUM, "checksum")
answers(uploads.NoRoomForUpload, 503, "storage_full", headers={"Retry-After": "60"})


@handles(uploads.WrongOffset)
def _wrong_offset(request: HttpRequest, error: uploads.WrongOffset) -> HttpResponse:
    headers = {"Upload-Offset": str(error.offset), "Tus-Resumable": VERSION}
    return problem(409, "wrong_offset", str(error), headers=headers)


class NotTus(Exception):
    """It is sent in another way than tus 1.0 says; the message says which."""


@handles(NotTus)
def _not_tus(request: HttpRequest, error: NotTus) -> HttpResponse:
    status = 415 if request.content_type != BYTES and request.method == "PATCH" else 412
    return problem(status, "unsupported", str(error), headers={"Tus-Version": VERSION})


class UploadIn(StrictSchema):
    """What is going to be sent. `name`: of the file, for people."""

    model_config = example({"bytes": 48_000_000, "content_type": "video/mp4", "name": "rain.mp4"})

    bytes: int = Field(ge=0, le=2**53)
    content_type: str = Field("", max_length=100)
    name: str = Field("", max_length=200)


class UploadOut(BaseModel):
    """`state`: `receiving`, `received` (it is being looked at), `ready` or `refused`; then `error` says why.
    `facts`: what a ready clip is."""

    model_config = example(
        {
            "id": "5f0c1b7e9a2d4c6688aa",
            "url": "/api/v1/uploads/5f0c1b7e9a2d4c6688aa",
            "state": "receiving",
            "bytes": 48_000_000,
            "offset": 0,
            "content_type": "video/mp4",
            "name": "rain.mp4",
            "error": None,
            "facts": None,
            "created_at": "2026-11-28T19:30:00Z",
            "expires_at": "2026-11-29T19:30:00Z",
        }
    )

    id: str
    url: str
    state: str
    bytes: int
    offset: int
    content_type: str
    name: str
    error: str | None
    facts: dict[str, Any] | None
    created_at: datetime
    expires_at: datetime

    @classmethod
    def from_upload(cls, upload: Upload) -> UploadOut:
        return cls(
            id=upload.public_id,
            url=url_of(upload),
            state=upload.state,
            bytes=upload.bytes,
            offset=uploads.received(upload),
            content_type=upload.content_type,
            name=upload.name,
            error=translate_stored(upload.refusal) or None,
            facts=upload.facts if upload.is_ready else None,
            created_at=upload.created_at,
            expires_at=upload.expires_at,
        )


def url_of(upload: Upload) -> str:
    return f"/api/v1/uploads/{upload.public_id}"


@routes.api_operation(["OPTIONS"], "/uploads", response={204: None})
@requires_scope(Scope.READ)
def describe_uploads(request: ApiRequest) -> HttpResponse:
    """What of tus 1.0 is done here, and how large a clip may be."""
    return HttpResponse(status=204, headers=_tus_headers())


@routes.post("/uploads", response={201: UploadOut}, url_name="uploads")
@requires_scope(Scope.EDIT)
@refuses(
    {
        409: "`too_many_uploads`: finish or remove some first.",
        412: "`unsupported`: another version of tus.",
        413: "`too_large`: larger than `Tus-Max-Size`.",
    }
)
def create_upload(
    request: ApiRequest, response: HttpResponse, body: UploadIn | None = None
) -> Status[UploadOut]:
    """Announce a clip; its bytes are sent to `url`. Instead of a body, the headers of tus are taken as well:
    `Upload-Length` and `Upload-Metadata` (`filename`, `filetype`)."""
    owner = permissions.require_user(request.auth)
    given = body or _announced(request)
    upload = uploads.announce(
        owner=owner,
        size=given.bytes,
        content_type=given.content_type,
        name=given.name,
        at=timezone.now(),
    )
    response.headers["Location"] = url_of(upload)
    for name, value in _headers_of(upload).items():
        response.headers[name] = value
    return Status(201, UploadOut.from_upload(upload))


@routes.get(_ONE, response=UploadOut, url_name="upload")
@requires_scope(Scope.READ)
def get_upload(request: ApiRequest, upload_id: str) -> UploadOut:
    """How far it is, and what was found when it had come."""
    return UploadOut.from_upload(_own(request, upload_id))


@routes.api_operation(["HEAD"], _ONE, response={200: None})
@requires_scope(Scope.EDIT)
@refuses({410: "`expired`: nobody went on with it for a day.", 412: "`unsupported`."})
def ask_for_offset(request: ApiRequest, upload_id: str) -> HttpResponse:
    """`Upload-Offset`: where to go on."""
    _check_version(request)
    upload = _own(request, upload_id)
    if upload.expires_at < timezone.now():
        raise uploads.UploadExpired(gettext("This upload has expired: begin it anew."))
    headers = _headers_of(upload) | {
        "Upload-Length": str(upload.bytes),
        "Cache-Control": "no-store",
    }
    return HttpResponse(status=200, headers=headers)


@routes.patch(
    _ONE,
    response={204: None},
    openapi_extra={
        "requestBody": {
            "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}},
            "description": "The bytes from `Upload-Offset` on.",
        }
    },
)
@requires_scope(Scope.EDIT)
@refuses(
    {
        409: "`wrong_offset`: `Upload-Offset` says where it goes on.",
        410: "`expired`: nobody went on with it for a day.",
        412: "`unsupported`: another version of tus.",
        413: "`too_large`: more than was announced, or than one request may have.",
        415: "`unsupported`: the content type of a piece is `application/offset+octet-stream`.",
        423: "`locked`: another request is sending the same.",
        460: "`checksum`: nothing of it was taken.",
    }
)
def add_to_upload(request: ApiRequest, upload_id: str) -> HttpResponse:
    """Add bytes where the last ones ended (`Upload-Offset`); `Upload-Checksum` may say what they are."""
    upload = _own(request, upload_id)
    _check_version(request)
    offset, checksum = _where(request), _checksum(request)
    pieces = iter(lambda: request.read(PIECE), b"")
    uploads.add(upload, pieces, offset=offset, checksum=checksum, at=timezone.now())
    return HttpResponse(status=204, headers=_headers_of(upload))


@routes.delete(_ONE, response={204: None})
@requires_scope(Scope.EDIT)
def remove_upload(request: ApiRequest, upload_id: str) -> HttpResponse:
    """It and its bytes are removed at once."""
    uploads.remove(_own(request, upload_id))
    return HttpResponse(status=204, headers={"Tus-Resumable": VERSION})


# What tus says in headers


def _own(request: ApiRequest, upload_id: str) -> Upload:
    """One's own, or for an admin anybody's."""
    user = permissions.require_user(request.auth)
    rows = Upload.objects.all() if user.is_admin else Upload.objects.of_person(user)
    found = rows.filter(public_id=upload_id).first()
    if found is None:
        raise permissions.not_found(request.auth, gettext("upload"))
    return found


def _tus_headers() -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(uploads.max_bytes()),
        "Tus-Checksum-Algorithm": ",".join(uploads.DIGESTS),
    }


def _headers_of(upload: Upload) -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(uploads.received(upload)),
        "Upload-Expires": http_date(upload.expires_at.timestamp()),
    }


def _check_version(request: HttpRequest) -> None:
    """Who says a version of tus has to say ours."""
    if request.headers.get("Tus-Resumable", VERSION) != VERSION:
        raise NotTus(gettext("This is tus %(version)s.") % {"version": VERSION})


def _where(request: HttpRequest) -> int:
    if request.content_type != BYTES:
        raise NotTus(gettext("A piece has the content type %(type)s.") % {"type": BYTES})
    text = request.headers.get("Upload-Offset", "")
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise Invalid({"Upload-Offset": gettext("Say at which byte this piece begins.")})
    return int(text)


def _checksum(request: HttpRequest) -> Checksum | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    found = Checksum.from_header(header)
    if found is None:
        words = {"known": ", ".join(uploads.DIGESTS)}
        sentence = gettext("It is the name of a digest (%(known)s), a space, and Base64.")
        raise Invalid({"Upload-Checksum": sentence % words})
    return found


def _announced(request: HttpRequest) -> UploadIn:
    """As a client of tus says it. Raises Invalid."""
    _check_version(request)
    length = request.headers.get("Upload-Length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise Invalid({"bytes": gettext("This is required.")})
    facts = _metadata(request.headers.get("Upload-Metadata", ""))
    return UploadIn(
        bytes=int(length),
        content_type=facts.get("filetype", "")[:100],
        name=facts.get("filename", "")[:200],
    )


def _metadata(header: str) -> dict[str, str]:
    """Of `key base64,key base64`; what makes no sense is left out."""
    found = {}
    for part in header.split(","):
        key, _, encoded = part.strip().partition(" ")
        try:
            found[key] = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found
