"""Every way to fail over HTTP is a problem document (RFC 9457)."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import Http404
from django.test import Client
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.views import APIView

from countersign.errors import Conflict, Unavailable

pytestmark = pytest.mark.urls(__name__)


class Document(serializers.Serializer):
    name = serializers.CharField()
    text = serializers.CharField(max_length=3)


class Input(serializers.Serializer):
    documents = Document(many=True)

    def validate(self, data):
        raise serializers.ValidationError("Never right.", code="never")


def check(body):
    Input(data=body).is_valid(raise_exception=True)


RAISES = {
    "conflict": lambda: (_ for _ in ()).throw(Conflict(current=7)),
    "missing": lambda: (_ for _ in ()).throw(Http404("a secret path")),
    "denied": lambda: (_ for _ in ()).throw(PermissionDenied("a secret reason")),
    "slow": lambda: (_ for _ in ()).throw(exceptions.Throttled(wait=7)),
    "paths": lambda: check({"documents": [{"name": "a", "text": "ok"}, {"text": "too long"}]}),
    "whole": lambda: check({"documents": []}),
    "bug": lambda: 1 / 0,
}


class Failing(APIView):
    authentication_classes = permission_classes = ()

    def get(self, request, how):
        RAISES[how]()


def plain(request):
    raise Unavailable


def unstorable(request):
    raise DataError("a NUL character")


urlpatterns = [path("plain/", plain), path("unstorable/", unstorable), path("<str:how>/", Failing.as_view())]
handler404, handler500 = "countersign.health.not_found", "countersign.health.failed"


def problem(address):
    response = Client(raise_request_exception=False).get(address)
    body = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:countersign:problem:{body['code']}"
    return response, body


@pytest.mark.parametrize(("how", "status", "code"), [
    ("conflict", 409, "conflict"), ("missing", 404, "not_found"), ("denied", 403, "forbidden"),
    ("slow", 429, "throttled"), ("paths", 422, "invalid"), ("bug", 500, "error"), ("plain", 503, "unavailable"),
    ("unstorable", 422, "unstorable"),
    ("no/such/place", 404, "not_found"),
])
def test_a_failure_has_a_status_and_a_code(how, status, code):
    _, body = problem(f"/{how}/")
    assert (body["status"], body["code"]) == (status, code)
    assert "secret" not in str(body)


def test_data_of_an_error_goes_out_and_a_wait_becomes_a_header():
    assert problem("/conflict/")[1]["current"] == 7
    assert problem("/slow/")[0]["Retry-After"] == "7"


def test_faults_name_the_path_of_the_field():
    faults = problem("/paths/")[1]["fields"]
    assert {(fault["field"], fault["code"]) for fault in faults} == {
        ("documents.1.name", "required"), ("documents.1.text", "max_length")}
    assert problem("/whole/")[1]["fields"] == [{"field": "", "code": "never", "detail": "Never right."}]
