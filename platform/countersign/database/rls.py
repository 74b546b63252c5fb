"""Migration operations that put a table under row-level security (design §3)."""

from __future__ import annotations

from django.db.migrations.operations.base import Operation

CONTEXT_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::uuid"
CONTEXT_USER = "NULLIF(current_setting('app.user_id', true), '')::uuid"
POLICY = "tenant_rows"


class ProtectTable(Operation):
    """ENABLE and FORCE row-level security on `table`: rows of the context's tenant only, to read and to write.

    `or_readable` widens what may be read (never what may be written), e.g. a person's own memberships.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, or_readable: str = "") -> None:
        self.table = table
        self.or_readable = or_readable

    def state_forwards(self, app_label: str, state: object) -> None:
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        own = f"tenant_id = {CONTEXT_TENANT}"
        table = schema_editor.quote_name(self.table)
        schema_editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"CREATE POLICY {POLICY} ON {table} USING ({own}) WITH CHECK ({own})")
        if self.or_readable:
            schema_editor.execute(f"CREATE POLICY also_readable ON {table} FOR SELECT USING ({self.or_readable})")

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        table = schema_editor.quote_name(self.table)
        schema_editor.execute(f"DROP POLICY IF EXISTS also_readable ON {table}")
        schema_editor.execute(f"DROP POLICY {POLICY} ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Put {self.table} under row-level security"

    def deconstruct(self):
        return type(self).__name__, [self.table], {"or_readable": self.or_readable} if self.or_readable else {}
