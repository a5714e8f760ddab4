from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tasks.models import Task
from tasks.serializers import TaskSerializer


class TaskViewSet(ModelViewSet):
    serializer_class = TaskSerializer
    lookup_field = "id"

    def get_queryset(self):
        return Task.objects.filter(user_id=self.kwargs["user_id"])

    def perform_create(self, serializer):
        serializer.save(user_id=self.kwargs["user_id"])

    def update(self, request, *args, **kwargs):
        kwargs["partial"] = True
        return super().update(request, *args, **kwargs)

    @action(detail=True, methods=["patch"])
    def complete(self, request, **_kwargs):
        task = self.get_object()
        wanted = {"completed": request.data.get("completed", not task.completed)}
        serializer = self.get_serializer(task, data=wanted, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)
