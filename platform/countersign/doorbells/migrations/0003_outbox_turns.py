from django.db import migrations, models

# Rows come and go at the index's front: without a vacuum soon after, every look for work would pass over the dead ones.
VACUUM_SOON = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000"


class Migration(migrations.Migration):

    dependencies = [("doorbells", "0002_lease_holder")]

    operations = [
        migrations.AddIndex("outbox", models.Index(
            fields=["topic", "tenant_id", "subject_id"], name="outbox_turn",
            condition=models.Q(("rung_at__isnull", False)))),
        *[migrations.RunSQL(f"ALTER TABLE {table} SET ({VACUUM_SOON})",
                            f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)")
          for table in ("doorbells_outbox", "doorbells_lease")],
    ]
