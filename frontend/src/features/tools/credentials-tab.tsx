import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useHere } from "@/api/me";
import { Button } from "@/components/button";
import { Rows } from "@/components/rows";
import { Stale } from "@/components/stale";
import { Empty, Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { CredentialForm } from "./credential-form";
import { CredentialRow } from "./credential-row";
import { useCredentials } from "./lists";

export function CredentialsTab() {
  const { t } = useTranslation("tools");
  const { isAdmin } = useHere();
  const [making, setMaking] = useState(false);
  const query = useCredentials();
  if (query.isPending) return <Skeleton tall rows={3} />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const make = isAdmin && <Button look="primary" onClick={() => setMaking(true)}>{t("credentials.new")}</Button>;
  return (
    <div className="grid gap-4">
      <Stale query={query} />
      {query.credentials.length === 0
        ? <Empty icon={KeyRound} title={t("credentials.empty")} action={make}>{t("credentials.empty_why")}</Empty>
        : (
          <>
            <div className="flex flex-wrap items-start justify-between gap-4">
              <p className="max-w-prose text-ink-soft">{t("credentials.about")}</p>
              {make}
            </div>
            <Rows label={t("credentials.list")}>
              {query.credentials.map((credential) => <CredentialRow key={credential.id} credential={credential} />)}
            </Rows>
          </>
        )}
      {making && <CredentialForm onClose={() => setMaking(false)} />}
    </div>
  );
}
