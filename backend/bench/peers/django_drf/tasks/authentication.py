from types import SimpleNamespace

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request):
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            claims = jwt.decode(token, settings.JWT_SECRET, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            raise AuthenticationFailed("Invalid token") from None
        return SimpleNamespace(id=claims["sub"], is_authenticated=True), claims

    def authenticate_header(self, _request):
        return "Bearer"


class IsOwner(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user) and request.user.id == view.kwargs["user_id"]
