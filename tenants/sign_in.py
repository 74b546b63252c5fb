from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend


class SignInBackend(AuthenticationBackend):
    pass


class AccountAdapter(DefaultAccountAdapter):
    pass
