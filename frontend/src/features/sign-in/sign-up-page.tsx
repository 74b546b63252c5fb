import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { faultOf, restOf } from "@/api/problem";
import { readSession, signUp } from "@/api/sign-in";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Entry } from "@/components/entry";
import { Field, Input } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { EmailField } from "./email-field";
import { asked, nextSearch, useEnter, useNext } from "./entering";
import { PasswordField } from "./password-field";
import "./strings";

export function SignUpPage() {
  const { t } = useTranslation("sign-in");
  const next = useNext();
  const enter = useEnter();
  const [name, setName] = useState("");
  const [email, setEmail] = useState(asked.email);
  const [password, setPassword] = useState("");
  const making = useMutation({
    mutationFn: () => signUp(name.trim(), email.trim(), password),
    onSuccess: enter,
    onError: async (error) => { if (error.status === 409) enter(await readSession()); }, // signed in already
  });
  const submit = (event: FormEvent) => { event.preventDefault(); asked.email = email.trim(); making.mutate(); };
  const rest = restOf(making.error, ["name", "email", "password"]);
  return (
    <Entry title={t("up.title")} heading={t("up.heading")}
      lead={next.startsWith("/invitations/") ? t("for_invitation") : t("up.lead")}>
      {rest && <Banner tone="bad">{rest}</Banner>}
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t("name")} hint={t("name_hint")} error={faultOf(making.error, "name")} required>
          {(ids) => <Input {...ids} autoComplete="name" autoFocus maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <EmailField value={email} onChange={setEmail} error={faultOf(making.error, "email")} />
        <PasswordField label={t("password")} value={password} onChange={setPassword} error={faultOf(making.error, "password")} fresh />
        <Button type="submit" look="primary" size="large" busy={making.isPending}>{t("up.action")}</Button>
      </form>
      <p className="text-ink-soft">
        {t("up.has_account")} <Link to="/sign-in" search={nextSearch(next)} className="underline">{t("up.sign_in")}</Link>
      </p>
    </Entry>
  );
}
