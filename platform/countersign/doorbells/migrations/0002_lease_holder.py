from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("doorbells", "0001_initial")]

    operations = [migrations.AddField("lease", "holder", models.BigIntegerField(null=True))]
