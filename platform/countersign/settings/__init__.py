"""Django's settings. What differs between installations comes from `environment.py`, nothing else."""

from os import getpid
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import urlsplit

from psycopg_pool import ConnectionPool

from countersign.api.failures import PROBLEM_RESPONSES
from countersign.environment import ROLE_OF_PROCESS, database_settings, email_settings, read_environment
from countersign.web_app.places import BUILT
from countersign.web_app.policy import add_policy

ENVIRONMENT = read_environment()
ROOT = Path(__file__).resolve().parents[3]

DEBUG = False
SECRET_KEY = ENVIRONMENT.secret_key or token_urlsafe(50)  # only web needs one that lasts
PUBLIC_URL = ENVIRONMENT.public_url.rstrip("/")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = [_public.hostname or "127.0.0.1"]
if not ENVIRONMENT.production:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "countersign",
    "countersign.doorbells",
    "tenants",
    "approvals",
    "workflows",
    "toolserver.host",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "countersign.web_app.files.Files",
    "countersign.middleware.RequestContext",
    "countersign.middleware.BrowserRules",
    "countersign.middleware.CountedByAddress",
    "countersign.middleware.ReadableSignIn",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "countersign.middleware.Problems",
]

ROOT_URLCONF = "countersign.urls"
ASGI_APPLICATION = "countersign.asgi.application"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [ROOT / "tenants" / "templates"],  # before the libraries' own
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
}]

# -- Database: each process signs in as its own role (design §1); `manage.py` commands as the owner.
_owns = ENVIRONMENT.process == "manage"
_database = database_settings(ENVIRONMENT.database_owner_url if _owns else ENVIRONMENT.database_url)
DATABASES = {"default": _database}
_database["OPTIONS"]["prepare_threshold"] = 2  # of `database.statements`; the ORM's own are sent as text
DATABASE_ROLE = ROLE_OF_PROCESS.get(ENVIRONMENT.process)
# A pool waits longer after each attempt in vain, and gives up at last: then it begins anew, so that it is back a second
# after the database is, however long that was away.
DATABASE_POOL = {"min_size": 1, "max_size": 16, "timeout": 10, "max_idle": 60,
                 "reconnect_timeout": 1, "reconnect_failed": ConnectionPool.check}
if DATABASE_ROLE:
    _database["CONN_MAX_AGE"] = 0
    _database["OPTIONS"]["application_name"] = f"countersign {ENVIRONMENT.process} {getpid()}"
    _database["OPTIONS"]["connect_timeout"] = 5
    _database["OPTIONS"]["pool"] = DATABASE_POOL
    # A pool starts before the database may be asked for the time zone: save the round trip on every new connection.
    _database["OPTIONS"]["options"] = " ".join([
        "-c timezone=UTC", "-c statement_timeout=30000", "-c idle_in_transaction_session_timeout=60000"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

REDIS_URL = ENVIRONMENT.redis_url or "redis://127.0.0.1:6379/0"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL,
                      "KEY_PREFIX": "cache"}}

# -- People
AUTH_USER_MODEL = "tenants.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mails are unique, whatever their case: a constraint on lower(email)
AUTHENTICATION_BACKENDS = ["tenants.sign_in.SignInBackend", "guardian.backends.ObjectPermissionBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator",
                 "NumericPasswordValidator")
]
AUTH_PASSWORD_VALIDATORS[0]["OPTIONS"] = {"user_attributes": ("email", "name")}
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 10}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
# Beside allauth's own, all of a minute. Wrong passwords are counted by tenants.attempts, and mails by tenants.sign_in:
# here a count of an e-mail address would let anybody shut its owner out.
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip", "confirm_email": ""}
ACCOUNT_SIGNUP_FORM_CLASS = "tenants.sign_up.SignUpForm"
ACCOUNT_ADAPTER = "tenants.sign_in.AccountAdapter"
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app", "browser")
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": f"{PUBLIC_URL}/verify-email/{{key}}",
    "account_reset_password": f"{PUBLIC_URL}/password-reset",
    "account_reset_password_from_key": f"{PUBLIC_URL}/password-reset/{{key}}",
    "account_signup": f"{PUBLIC_URL}/sign-up",
}
ANONYMOUS_USER_NAME = None  # guardian: nobody is not somebody
GUARDIAN_RAISE_403 = False
GUARDIAN_AUTO_PREFETCH = False

# -- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api.authentication.TokenAuthentication",
                                       "tenants.api.authentication.SessionTokenAuthentication",
                                       "tenants.api.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["countersign.api.parsers.StrictJsonParser"],
    "DEFAULT_PAGINATION_CLASS": "countersign.api.pages.CursorPages",
    "ALLOWED_VERSIONS": ["1"],  # the API's document repeats `?version=` in a header
    "DEFAULT_SCHEMA_CLASS": "countersign.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "countersign.api.problems.problem_response",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "rest_framework.negotiation.DefaultContentNegotiation",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "PAGE_SIZE": 50,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
METRICS_TOKEN = ENVIRONMENT.metrics_token
RATE_LIMITS = {"reads": ENVIRONMENT.rate_limit_reads, "writes": ENVIRONMENT.rate_limit_writes,
               "anonymous": ENVIRONMENT.rate_limit_anonymous}
SPECTACULAR_SETTINGS = {
    "TITLE": "Countersign",
    "DESCRIPTION": "Run AI workflows under role-based human approval. Errors are problem details (RFC 9457). "
                   "Requests are counted for each token or person, reads and writes apart, and for all tokens of a "
                   "person together, which have four times as many (`reads-in-all`): `RateLimit` says what is "
                   "left, `RateLimit-Policy` of how much (draft-ietf-httpapi-ratelimit-headers); beyond it comes 429 "
                   "with `Retry-After`. What can be edited has an `ETag`, to be sent back as `If-Match`.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums",
                             "countersign.api.schema.anything_may_be_null"],
    "APPEND_COMPONENTS": {"responses": PROBLEM_RESPONSES},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "workflows.models.RunStatus",
        "VersionStatus": "workflows.models.VersionStatus",
        "RequestStatus": "approvals.models.RequestStatus",
        "InvitationStatus": "tenants.api.serializers.INVITATION_STATUS",
        "CredentialKind": "toolserver.host.models.CredentialKind",
        "LedgerState": "toolserver.host.models.LedgerState",
        "MembershipRole": "tenants.models.MembershipRole",
        "Verdict": "approvals.models.Verdict",
        "JudgementVerdict": "approvals.api.serializers.JUDGEMENTS",
        "EventKind": "workflows.models.EventKind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
REQUEST_MAX_BYTES = 12 * 1024 * 1024  # held by countersign.asgi, as are the next two
LARGE_BODIES_BELOW = "/api/v1/tenants/"  # of a team; signing in, and all that is open to everybody, lies elsewhere
SMALL_BODY_BYTES = 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = REQUEST_MAX_BYTES

# -- Mail of the platform itself (a tenant's newsletter leaves through its own tool server)
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = ENVIRONMENT.email_from
_email = email_settings(ENVIRONMENT.email_url)
EMAIL_HOST = _email["EMAIL_HOST"]
EMAIL_PORT = _email["EMAIL_PORT"]
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_SSL = _email["EMAIL_USE_SSL"]
EMAIL_USE_TLS = _email["EMAIL_USE_TLS"]
EMAIL_TIMEOUT = _email["EMAIL_TIMEOUT"]

# -- The tool server, its keys (each set only in the process that may hold it), and what runs leave
TOOLSERVER_URL = ENVIRONMENT.toolserver_url.rstrip("/")
GRANT_SIGNING_KEY = ENVIRONMENT.grant_signing_key
GRANT_VERIFY_KEYS = [key for key in ENVIRONMENT.grant_verify_keys.split(",") if key]
VAULT_KEY = ENVIRONMENT.vault_key
ARTIFACTS_DIR = ENVIRONMENT.artifacts

# -- Browser
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "staticfiles" if ENVIRONMENT.production else None
WHITENOISE_USE_FINDERS = not ENVIRONMENT.production
WHITENOISE_ROOT = BUILT if BUILT.is_dir() else None  # the web app; Vite puts a hash into the names below assets/
WHITENOISE_ADD_HEADERS_FUNCTION = add_policy
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/|^/static/.+\.[0-9a-f]{12}\."
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage" if ENVIRONMENT.production
                    else "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SESSION_ENGINE = "countersign.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.production
SESSION_COOKIE_NAME = "__Host-session" if ENVIRONMENT.production else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if ENVIRONMENT.production else "csrftoken"
SECURE_SSL_REDIRECT = ENVIRONMENT.production
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.production else None
SECURE_HSTS_SECONDS = 31536000 if ENVIRONMENT.production else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENVIRONMENT.production
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING_CONFIG = None  # countersign.logs sets logging up, in AppConfig.ready
