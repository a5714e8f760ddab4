from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response


class LimitPagination(BasePagination):
    """A bare array cut at `limit`: without the second query that counts."""

    def paginate_queryset(self, queryset, request, view=None):  # noqa: ARG002 - given by name
        try:
            limit = int(request.query_params.get("limit", 100))
        except ValueError:
            raise ValidationError({"limit": "Not a number."}) from None
        if not 1 <= limit <= 200:
            raise ValidationError({"limit": "Between 1 and 200."})
        return queryset[:limit]

    def get_paginated_response(self, data):
        return Response(data)
