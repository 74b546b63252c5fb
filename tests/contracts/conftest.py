"""Two teams with one of everything, and the host's catalogue that their routes ask."""

import pytest

from tests.loopback_catalogue import LoopbackCatalogue
from tests.populated_team import Populated


@pytest.fixture
def catalogue(settings):
    with LoopbackCatalogue(settings.GRANT_VERIFY_KEYS) as catalogue:
        catalogue.models.append({"id": "alias-of-ours", "label": "Ours", "offline": False})
        settings.TOOLSERVER_URL = catalogue.url
        yield catalogue


@pytest.fixture
def ours(make_member, as_role, settings, tmp_path):
    settings.ARTIFACTS_DIR = tmp_path
    return Populated("ours", make_member, as_role)


@pytest.fixture
def theirs(make_member, as_role, settings, tmp_path):
    settings.ARTIFACTS_DIR = tmp_path
    return Populated("theirs", make_member, as_role)
