"""The gallery's workflows published against a real host and a real tenant process."""

import pytest

from countersign.database.context import tenant_context
from tests.toolserver.host.conftest import running_host
from workflows.gallery import gallery
from workflows.models import Version
from workflows.spec.pins import Pins

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_gallery_holds_is_published_with_the_real_tools_schemas(tmp_path, settings, make_tenant, make_member,
                                                                         api):
    acme = make_tenant("acme")
    admin = api(make_member(acme, "admin@example.org", "admin"))
    assert admin.post("/api/v1/tenants/acme/roles/", {"name": "Editor"}).status_code == 201
    with running_host(tmp_path) as host:
        settings.TOOLSERVER_URL = host.url
        for id in gallery():
            made = admin.post("/api/v1/tenants/acme/workflows/", {"gallery": id}).json()
            path = f"/api/v1/tenants/acme/workflows/{made['id']}"
            found = admin.post(f"{path}/versions/1/validate/").json()
            assert found["faults"] == []
            assert [warning["code"] for warning in found["warnings"]] == ["nobody_can_decide"]
            assert admin.post(f"{path}/versions/1/publish/").status_code == 200
    with tenant_context(acme.id):
        for version in Version.objects.all():
            tools = Pins.model_validate(version.pins).tools
            assert tools
            assert all(pin.schema_hash.startswith("sha256:") and not pin.read_only for pin in tools.values())
