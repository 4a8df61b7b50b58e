"""Targets of publishing as people set them, and every mistake in them with its line and mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.settings_files import SMALLEST, a_folder, loaded, mistakes

S3 = "s3: {bucket: vmo-reports, region: eu-central-1, access_key: env:K, secret_key: file:s3-secret}"
WIKI = (
    "confluence: {url: https://acme.atlassian.net/wiki, kind: cloud, space: VMO, parent: Reports, "
    "user: a@b.com, token: env:W}"
)


def test_both_are_read(tmp_path: Path) -> None:
    publish = loaded(a_folder(tmp_path, f"{SMALLEST}publish:\n  {S3}\n  {WIKI}\n")).document.publish

    assert publish.s3 is not None
    assert (publish.s3.bucket, str(publish.s3.secret_key)) == ("vmo-reports", "file:s3-secret")
    assert publish.confluence is not None
    assert (publish.confluence.space, publish.confluence.kind) == ("VMO", "cloud")


@pytest.mark.parametrize(
    ("said", "instead", "told"),
    [
        ("region: eu-central-1, ", "", "the bucket is nowhere yet: name its `region`, or the `endpoint`"),
        ("region: eu-central-1", "region: eu.evil.com/x", "expected a region such as eu-central-1"),
        ("bucket: vmo-reports", "bucket: Reports/..", "expected a bucket's name"),
        ("region: eu-central-1", "region: x, prefix: a/../b", "expected a prefix such as teams/vmo"),
        ("region: eu-central-1", "endpoint: http://s3.example.com", "plain http would show the editions"),
        ("region: eu-central-1", "endpoint: https://10.0.0.8", "an IP address in place of a name"),
        ("region: eu-central-1", "endpoint: 'https://minio_store:9000'", "a host's name has letters, digits and -"),
        ("region: eu-central-1", "endpoint: https://minio..acme.com", "a host's name has letters, digits and -"),
        ("region: eu-central-1", "region: eu-central-1-", "expected a region such as eu-central-1"),
        ("region: eu-central-1", "region: 1", "expected a region such as eu-central-1"),
        ("region: eu-central-1", "region: x, ca_bundle: no.pem", "there is no file"),
        ("access_key: env:K", "access_key: CANARY7F", "a secret must not be written here"),
        ("secret_key: file:s3-secret", "secret_key: CANARY7F", "a secret must not be written here"),
        ("/wiki", "", "a Cloud's Confluence is at https://SITE.atlassian.net/wiki; beside it is Jira"),
        ("user: a@b.com, ", "", "a Cloud asks whose token it is"),
        ("https://acme.atlassian.net", "http://wiki.acme.com", "plain http would show the token"),
        ("space: VMO", "space: VMO/x", "expected a space's key"),
        ("token: env:W", "token: CANARY7F", "a secret must not be written here"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_no_secret(tmp_path: Path, said: str, instead: str, told: str) -> None:
    text = f"publish:\n  {S3}\n  {WIKI}\n"
    assert text.count(said) == 1

    found = mistakes(a_folder(tmp_path, SMALLEST + text.replace(said, instead)))

    assert len(found) == 1, found
    assert told in found[0]
    assert "publish." in found[0]
    assert "CANARY" not in found[0]
