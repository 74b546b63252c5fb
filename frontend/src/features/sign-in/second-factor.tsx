import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { faultOf, restOf } from "@/api/problem";
import { secondFactor, signOut } from "@/api/sign-in";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Entry } from "@/components/entry";
import { useTranslation } from "@/lib/i18n";
import { CodeField } from "./code-field";
import { useEnter } from "./entering";

export function SecondFactor() {
  const { t } = useTranslation("sign-in");
  const enter = useEnter();
  const [code, setCode] = useState("");
  const entering = useMutation({ mutationFn: () => secondFactor(code.replaceAll(/\s/g, "").toLowerCase()), onSuccess: enter });
  const leaving = useMutation({ mutationFn: signOut, onSettled: () => location.reload() });
  const submit = (event: FormEvent) => { event.preventDefault(); entering.mutate(); };
  const rest = restOf(entering.error, ["code"]);
  return (
    <Entry title={t("second.title")} lead={t("second.lead")}>
      {rest && <Banner tone="bad">{rest}</Banner>}
      <form onSubmit={submit} className="grid gap-4">
        <CodeField label={t("second.code")} value={code} onChange={setCode} error={faultOf(entering.error, "code")} autoFocus />
        <Button type="submit" look="primary" size="large" busy={entering.isPending}>{t("second.action")}</Button>
      </form>
      <Button look="quiet" onClick={() => leaving.mutate()} busy={leaving.isPending}>{t("second.other")}</Button>
    </Entry>
  );
}
