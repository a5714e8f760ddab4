"""Django REST framework as an API alone: no sessions, no templates, JSON only, a pool."""

import os
from urllib.parse import parse_qs, urlsplit

URL = urlsplit(os.environ["DATABASE_URL"])
QUERY = parse_qs(URL.query)
POOL_SIZE = int(os.environ["POOL_SIZE"])

DEBUG = False
SECRET_KEY = os.environ["JWT_SECRET"]
JWT_SECRET = os.environ["JWT_SECRET"]
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "tasks.urls"
WSGI_APPLICATION = "tasks.wsgi.application"
INSTALLED_APPS = ["rest_framework", "tasks"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": URL.path.removeprefix("/"),
        "USER": URL.username or "",
        "PASSWORD": URL.password or "",
        "HOST": QUERY["host"][0] if "host" in QUERY else URL.hostname,
        "PORT": QUERY["port"][0] if "port" in QUERY else str(URL.port or ""),
        "OPTIONS": {"pool": {"min_size": POOL_SIZE, "max_size": POOL_SIZE}},
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tasks.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tasks.authentication.IsOwner"],
    "DEFAULT_PAGINATION_CLASS": "tasks.pagination.LimitPagination",
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
