"""Documents that were handed in, as a browser opens them."""

from typing import Final

from starlette.responses import Response

from arrears.channels.cabinet import ENDINGS

# An image is nothing but an image, wherever its bytes come from; PDF viewers need their own window.
_IMAGE_POLICY: Final = "default-src 'none'; sandbox"


def paper(content: bytes, media_type: str, sha256: str) -> Response:
    """Under a name that says nothing of whom it is about."""
    ending = ENDINGS[media_type]
    headers = {"Content-Disposition": f'inline; filename="{sha256[:12]}.{ending}"'}
    if media_type != "application/pdf":
        headers["Content-Security-Policy"] = _IMAGE_POLICY
    return Response(content, media_type=media_type, headers=headers)
