"""What a token may be allowed to do. A view names the scope each of its methods needs."""

SCOPES = {
    "tenant:read": "Read the team's name",
    "tenant:write": "Change the team's name",
    "members:read": "List members and invitations",
    "members:write": "Invite, change and remove members",
    "roles:read": "List approver roles and who holds them",
    "roles:write": "Make approver roles and say who holds them",
    "workflows:read": "Read workflows and their versions",
    "workflows:write": "Change and publish workflows, and who may use them",
    "runs:read": "Read runs, their events and artifacts",
    "runs:write": "Start, cancel and retry runs",
    "approvals:read": "Read requests for approval",
    "approvals:decide": "Decide, as the person whose token it is",
    "credentials:read": "List credentials (never their secrets)",
    "credentials:write": "Set and remove credentials",
    "models:read": "List models",
    "models:write": "Set up models",
    "tools:read": "List tools and tool calls",
    "tools:write": "Say what happened to a tool call in doubt",
    "audit:read": "Read, verify and export the audit trail",
}
PEOPLE_ONLY = {"approvals:decide"}  # machines do not approve (design §7)
