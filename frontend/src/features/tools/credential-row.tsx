import { useState } from "react";
import { useHere } from "@/api/me";
import type { Credential } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { RowItem } from "@/components/rows";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { CredentialForm } from "./credential-form";
import { DeleteCredential } from "./delete-credential";

export function CredentialRow({ credential }: { credential: Credential }) {
  const { t } = useTranslation("tools");
  const { isAdmin } = useHere();
  const [doing, setDoing] = useState<"rotate" | "delete">();
  return (
    <RowItem
      title={<>{credential.name}<Badge>{t(`credentials.kinds.${credential.kind}`)}</Badge></>}
      about={<>
        {credential.created_by ? t("credentials.by", { by: credential.created_by }) : t("credentials.added_at")}{" "}
        {credential.created_at && <Time at={credential.created_at} />}
        {" · "}{t("credentials.version", { version: credential.version })}
        {credential.rotated_at && <>{", "}{t("credentials.rotated")} <Time at={credential.rotated_at} /></>}
        {" · "}{credential.last_used_at ? <>{t("credentials.used")} <Time at={credential.last_used_at} /></> : t("credentials.never_used")}
      </>}
      actions={isAdmin && <>
        <Button look="quiet" onClick={() => setDoing("rotate")}>{t("credentials.rotate")}</Button>
        <Button look="quiet" onClick={() => setDoing("delete")}>{t("credentials.delete")}</Button>
      </>}
    >
      {doing === "rotate" && <CredentialForm credential={credential} onClose={() => setDoing(undefined)} />}
      {doing === "delete" && <DeleteCredential credential={credential} onClose={() => setDoing(undefined)} />}
    </RowItem>
  );
}
