import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { faultOf, restOf } from "@/api/problem";
import { askForReset, isPending, resetPassword, signIn } from "@/api/sign-in";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Entry } from "@/components/entry";
import { useTranslation } from "@/lib/i18n";
import { useParam } from "@/lib/url-state";
import { CodeField } from "./code-field";
import { EmailField } from "./email-field";
import { asked, nextSearch, sessionQuery, useEnter, useNext } from "./entering";
import { PasswordField } from "./password-field";
import "./strings";

/** First the address, then the code that was sent to it, with the new password. */
export function PasswordResetPage() {
  const session = useQuery(sessionQuery);
  const waiting = session.data && isPending(session.data, "password_reset_by_code");
  const [sent, setSent] = useState<boolean>();
  return (sent ?? waiting) ? <NewPassword onAgain={() => setSent(false)} /> : <AskForCode onSent={() => setSent(true)} />;
}

function AskForCode({ onSent }: { onSent: () => void }) {
  const { t } = useTranslation("sign-in");
  const [email, setEmail] = useState(asked.email);
  const asking = useMutation({ mutationFn: () => askForReset(email.trim()), onSuccess: onSent });
  const submit = (event: FormEvent) => { event.preventDefault(); asked.email = email.trim(); asking.mutate(); };
  const rest = restOf(asking.error, ["email"]);
  return (
    <Entry title={t("reset.title")} heading={t("reset.heading")} lead={t("reset.ask_lead")}>
      {rest && <Banner tone="bad">{rest}</Banner>}
      <form onSubmit={submit} className="grid gap-4">
        <EmailField value={email} onChange={setEmail} error={faultOf(asking.error, "email")} autoFocus />
        <Button type="submit" look="primary" size="large" busy={asking.isPending}>{t("reset.ask_action")}</Button>
      </form>
      <BackToSignIn />
    </Entry>
  );
}

function NewPassword({ onAgain }: { onAgain: () => void }) {
  const { t } = useTranslation("sign-in");
  const enter = useEnter();
  const [code, setCode] = useState(useParam("key"));
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const setting = useMutation({
    mutationFn: () => resetPassword(code.trim(), password),
    onSuccess: async () => setDone(!asked.email || !enter(await signIn(asked.email, password).catch(() => ({ signedIn: false, flows: [] })))),
  });
  const submit = (event: FormEvent) => { event.preventDefault(); setting.mutate(); };
  const rest = setting.error?.status === 409 ? t("reset.over") : restOf(setting.error, ["key", "password"]);
  return (
    <Entry title={t("reset.title")} heading={t("reset.heading")}
      lead={!done && (asked.email ? t("reset.lead", { email: asked.email }) : t("reset.lead_unknown"))}>
      {done && <Banner tone="ok" live>{t("reset.done")}</Banner>}
      {rest && <Banner tone="bad">{rest}</Banner>}
      {!done && (
        <form onSubmit={submit} className="grid gap-4">
          <CodeField label={t("verify.code")} value={code} onChange={setCode} error={faultOf(setting.error, "key")} autoFocus />
          <PasswordField label={t("new_password")} value={password} onChange={setPassword} error={faultOf(setting.error, "password")} fresh />
          <Button type="submit" look="primary" size="large" busy={setting.isPending}>{t("reset.action")}</Button>
          <Button look="quiet" onClick={onAgain}>{t("reset.again")}</Button>
        </form>
      )}
      <BackToSignIn />
    </Entry>
  );
}

function BackToSignIn() {
  const { t } = useTranslation("sign-in");
  return <Link to="/sign-in" search={nextSearch(useNext())} className="justify-self-start underline">{t("reset.back")}</Link>;
}
