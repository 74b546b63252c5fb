"""The platform's settings where tests sign in hundreds of times: a password is hashed at once instead of in 0.4 s, and
nobody counts how often one address signs in. (allauth would: 30 a minute. `test_guessing.py` sees what we count.)
"""

from countersign.settings import *  # noqa: F403 - all of them, but for what follows
from countersign.settings import ACCOUNT_RATE_LIMITS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_RATE_LIMITS = {**ACCOUNT_RATE_LIMITS, "login": "1000/m/ip", "signup": "1000/m/ip"}
