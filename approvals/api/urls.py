from django.urls import path

from approvals.api.views import requests, roles

urlpatterns = [
    path("tenants/<slug:slug>/roles/", roles.Roles.as_view()),
    path("tenants/<slug:slug>/roles/<str:id>/", roles.Role.as_view()),
    path("tenants/<slug:slug>/roles/<str:id>/members/", roles.RoleMembers.as_view()),
    path("tenants/<slug:slug>/roles/<str:id>/members/<str:user>/", roles.RoleMember.as_view()),
    path("tenants/<slug:slug>/inbox/count/", requests.InboxCount.as_view()),
    path("tenants/<slug:slug>/approvals/", requests.Requests.as_view()),
    path("tenants/<slug:slug>/approvals/<str:id>/", requests.RequestView.as_view()),
    path("tenants/<slug:slug>/approvals/<str:id>/decisions/", requests.Decisions.as_view()),
]
