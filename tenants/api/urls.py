from django.urls import path

from tenants.api.views import audit, people, teams, tokens

urlpatterns = [
    path("me/", people.Me.as_view()),
    path("invitations/accept/", people.AcceptInvitation.as_view()),
    path("invitations/preview/", people.PreviewInvitation.as_view()),
    path("tenants/", people.Teams.as_view()),
    path("tenants/<slug:slug>/", teams.Team.as_view()),
    path("tenants/<slug:slug>/members/", teams.Members.as_view()),
    path("tenants/<slug:slug>/members/<str:id>/", teams.Member.as_view()),
    path("tenants/<slug:slug>/invitations/", teams.Invitations.as_view()),
    path("tenants/<slug:slug>/invitations/<str:id>/", teams.InvitationView.as_view()),
    path("tenants/<slug:slug>/tokens/", tokens.Tokens.as_view()),
    path("tenants/<slug:slug>/tokens/<str:id>/", tokens.TokenView.as_view()),
    path("tenants/<slug:slug>/audit/", audit.Audit.as_view()),
    path("tenants/<slug:slug>/audit/verify/", audit.AuditVerification.as_view()),
    path("tenants/<slug:slug>/audit/export/", audit.AuditExport.as_view()),
]
