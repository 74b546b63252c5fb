"""The platform's settings where tests sign in hundreds of times: a password is hashed at once instead of in 0.4 s."""

from countersign.settings import *  # noqa: F403 - all of them, but for what follows

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
