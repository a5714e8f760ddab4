from django.db import models


class Task(models.Model):
    pk = models.CompositePrimaryKey("user_id", "id")
    id = models.UUIDField(db_default=models.Func(function="uuidv7"))
    user_id = models.TextField()
    title = models.CharField(max_length=500)
    description = models.TextField(max_length=5000, null=True, blank=True)
    completed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "peer_task"
        managed = False
        ordering = ("-id",)
