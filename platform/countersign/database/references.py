"""References between tenant-owned tables. A foreign key bypasses row-level security, so it carries the tenant too."""

from __future__ import annotations

from django.db import models
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint


class TenantForeignKey(models.ForeignKey):
    """A foreign key whose database constraint is a `TenantReference` in the model's Meta."""

    def __init__(self, to, on_delete, **options) -> None:
        options.setdefault("db_index", False)
        options["db_constraint"] = False
        super().__init__(to, on_delete, **options)


class TenantReference(BaseConstraint):
    """FOREIGN KEY (tenant_id, <field>_id) REFERENCES <to> (tenant_id, id), checked at commit.

    `to` is `app_label.Model`, whose table needs UNIQUE (tenant_id, id). `on_delete` is the database's own action.
    """

    def __init__(self, *, field: str, to: str, name: str, on_delete: str = "NO ACTION") -> None:
        super().__init__(name=name)
        self.field = field
        self.to = to
        self.on_delete = on_delete

    def _body(self, model, schema_editor) -> str:
        quote = schema_editor.quote_name
        target = model._meta.apps.get_model(self.to)._meta.db_table
        column = model._meta.get_field(self.field).column
        return (f"FOREIGN KEY ({quote('tenant_id')}, {quote(column)}) REFERENCES {quote(target)} "
                f"({quote('tenant_id')}, {quote('id')}) ON DELETE {self.on_delete} DEFERRABLE INITIALLY DEFERRED")

    def constraint_sql(self, model, schema_editor) -> None:
        self.create_sql(model, schema_editor)

    def create_sql(self, model, schema_editor) -> None:
        """At the end of the migration: the target, and what makes it unique, may come later in it."""
        quote = schema_editor.quote_name
        schema_editor.deferred_sql.append(Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s %(body)s", table=Table(model._meta.db_table, quote),
            name=quote(self.name), body=self._body(model, schema_editor)))

    def remove_sql(self, model, schema_editor):
        quote = schema_editor.quote_name
        return Statement("ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
                         table=Table(model._meta.db_table, quote), name=quote(self.name))

    def validate(self, model, instance, exclude=None, using="default") -> None:
        """The database checks it, at commit."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TenantReference) and self.deconstruct() == other.deconstruct()

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field, "to": self.to, "on_delete": self.on_delete}
