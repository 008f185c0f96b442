"""Where images come from: addresses as they are said, and as a host is to ask for them.

Objects of S3 that are not public are asked for by an address that is signed here for one hour (AWS Signature Version
4, query parameters): so keys never leave this machine, and a host needs to know of HTTP only.
"""

from __future__ import annotations

import configparser
import datetime
import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from vnetsh.errors import BackendRefused

VALID = 3600
"""Seconds for which a signed address is good: a fetch that begins by then may take longer."""


def address(source: str, keys: str, now: datetime.datetime | None = None) -> str:
    """The address by which a host asks for a source. Raises `BackendRefused` where the keys cannot be read."""
    if not source.startswith("s3://"):
        return source
    said = read_keys(keys) if keys else {}
    parts = urlsplit(source)
    region = said.get("region", "us-east-1")
    endpoint = said.get("endpoint_url", "").rstrip("/")
    key = parts.path.lstrip("/")
    bare = (
        f"{endpoint}/{parts.netloc}/{key}"
        if endpoint
        else f"https://{parts.netloc}.s3.{region}.amazonaws.com/{key}"
    )
    if not keys:
        return bare
    return signed(bare, said, region, now or datetime.datetime.now(datetime.UTC))


def read_keys(path: str) -> Mapping[str, str]:
    """A file of keys, as the tools of AWS have it: `aws_access_key_id = …` and so on, under a heading or none."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        text = Path(path).expanduser().read_text()
        parser.read_string(text if text.lstrip().startswith("[") else f"[default]\n{text}")
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not as those of AWS's tools are"
        raise BackendRefused(f"the keys in {path} cannot be read: {why}") from error
    section = parser["default"] if parser.has_section("default") else parser[parser.sections()[0]]
    if not section.get("aws_access_key_id") or not section.get("aws_secret_access_key"):
        raise BackendRefused(
            f"{path} has no keys", help="lines `aws_access_key_id = …` and `aws_secret_access_key = …`"
        )
    return dict(section)


def signed(url: str, keys: Mapping[str, str], region: str, now: datetime.datetime) -> str:
    """An address with a signature for GET (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html)."""
    parts, day = urlsplit(url), now.strftime("%Y%m%d")
    scope, stamp = f"{day}/{region}/s3/aws4_request", now.strftime("%Y%m%dT%H%M%SZ")
    asked = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{keys['aws_access_key_id']}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(VALID),
        "X-Amz-SignedHeaders": "host",
    }
    if token := keys.get("aws_session_token"):
        asked["X-Amz-Security-Token"] = token
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(asked.items())
    )
    path = quote(parts.path, safe="/~")
    canonical = f"GET\n{path}\n{query}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{keys['aws_secret_access_key']}".encode()
    for word in (day, region, "s3", "aws4_request", text):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={key.hex()}"
