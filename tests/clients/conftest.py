"""Client libraries meet a server of their own: a process, with a socket."""

from collections.abc import Iterator

import pytest

from tests.servers import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Announces the versions that every client knows."""
    directory = tmp_path_factory.mktemp("clients")
    versions = "1.0.0,1.0.1,1.0.2,1.0.3"
    url = f"sqlite:///{directory / 'hocba.db'}"
    with Server(url, directory, LRS_SUPPORTED_VERSIONS=versions) as running:
        yield running


@pytest.fixture(scope="module")
def server_of_both_versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("clients")
    with Server(f"sqlite:///{directory / 'hocba.db'}", directory) as running:
        yield running
