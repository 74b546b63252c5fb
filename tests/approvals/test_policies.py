import pytest
from pydantic import ValidationError

from approvals.policies import Policy, ResolvedPolicy, policy_hash, policy_in_words, resolve_policy
from approvals.services import change_role
from countersign.errors import Invalid
from tenants.audit import Actor

EDITOR = {"role": "Editor", "count": 1}


def stages(*rules):
    return {"stages": [{"rules": list(rules)}]}


@pytest.mark.parametrize("wrong", [
    {"stages": []},
    {"stages": [{"rules": []}]},
    {"stages": [{"rules": [EDITOR]}, {"rules": [EDITOR]}]},
    stages({"role": "Editor", "count": 0}),
    stages({"role": "Editor", "count": 51}),
    stages({"role": ""}),
    stages(EDITOR, {"role": "editor"}),
    {**stages(EDITOR), "anyone": True},
    {**stages(EDITOR), "hold_seconds": -1},
    {**stages(EDITOR), "grant_hours": 0},
    {**stages(EDITOR), "expires_after_hours": 0},
])
def test_what_is_no_policy_is_refused(wrong):
    with pytest.raises(ValidationError):
        Policy.model_validate(wrong)


@pytest.mark.django_db
class TestResolved:
    def test_it_pins_roles_whatever_their_case(self, team):
        with team.context():
            resolved = resolve_policy(Policy.model_validate(stages({"role": "eDITOR", "count": 2})))
        assert resolved["stages"][0]["rules"] == [
            {"role": "Editor", "count": 2, "role_id": str(team.roles["Editor"].id)}]
        assert ResolvedPolicy.model_validate(resolved).model_dump(mode="json") == resolved

    def test_every_unknown_role_is_named_by_its_path(self, team, make_team):
        make_team("other").role("Legal")
        with team.context(), pytest.raises(Invalid) as refused:
            resolve_policy(Policy.model_validate(stages({"role": "Legal"}, EDITOR, {"role": "CFO"})))
        assert [(f["field"], f["code"]) for f in refused.value.fields] == [
            ("stages.0.rules.0.role", "unknown_role"), ("stages.0.rules.2.role", "unknown_role")]

    def test_renaming_a_role_changes_no_published_policy(self, team, editor):
        policy = team.policy()
        before = policy_hash(policy)
        request = team.open()
        with team.context():
            change_role(role=team.roles["Editor"], name="Head of words", actor=Actor.system("test"))
        assert policy_hash(policy) == before == request.policy_hash
        team.decide(request, editor)
        assert team.status(request) == "approved"

    def test_it_speaks(self, team):
        team.role("Legal")
        policy = team.policy({"Editor": 2, "Legal": 1}, exclude_authors=True, reason_required=True,
                             expires_after_hours=48)
        assert policy_in_words(ResolvedPolicy.model_validate(policy)) == (
            "Needs 2 × Editor and 1 × Legal (all different people). Authors of what is shown may not decide. "
            "A reason is required. Expires 48 hours after it opened.")
