import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { faultOf, type Problem, restOf } from "@/api/problem";
import { isPending, resendVerification, verifyEmail } from "@/api/sign-in";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Entry } from "@/components/entry";
import { Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useParam } from "@/lib/url-state";
import { CodeField } from "./code-field";
import { asked, nextSearch, sessionQuery, useEnter, useNext } from "./entering";
import "./strings";

/** A code in the address only fills the field: a link never acts by being opened. */
export function VerifyEmailPage() {
  const { t } = useTranslation("sign-in");
  const session = useQuery(sessionQuery);
  const lead = asked.email ? t("verify.lead_to", { email: asked.email }) : t("verify.lead");
  if (session.isPending) return <Entry title={t("verify.title")}><Skeleton rows={3} /></Entry>;
  if (session.data && !isPending(session.data, "verify_email")) return <NoneWaitedFor signedIn={session.data.signedIn} />;
  return (
    <Entry title={t("verify.title")} heading={t("verify.heading")} lead={lead}>
      <CodeForm />
      <Resend />
    </Entry>
  );
}

function CodeForm() {
  const { t } = useTranslation("sign-in");
  const enter = useEnter();
  const [code, setCode] = useState(useParam("key"));
  const verifying = useMutation({ mutationFn: () => verifyEmail(code.trim()), onSuccess: enter });
  const submit = (event: FormEvent) => { event.preventDefault(); verifying.mutate(); };
  const rest = verifying.error?.status === 409 ? t("verify.over") : restOf(verifying.error, ["key"]);
  return (
    <form onSubmit={submit} className="grid gap-4">
      {rest && <Banner tone="bad">{rest}</Banner>}
      <CodeField label={t("verify.code")} value={code} onChange={setCode} error={faultOf(verifying.error, "key")} autoFocus />
      <Button type="submit" look="primary" size="large" busy={verifying.isPending}>{t("verify.action")}</Button>
    </form>
  );
}

function Resend() {
  const { t } = useTranslation("sign-in");
  const next = useNext();
  const sending = useMutation({ mutationFn: resendVerification });
  const words = (error: Problem) => (error.status === 409 ? t("verify.no_more") : error.detail);
  return (
    <div className="grid gap-2">
      {sending.isSuccess && <Banner tone="ok" live>{t("verify.resent")}</Banner>}
      {sending.error && <Banner tone="bad">{words(sending.error)}</Banner>}
      <p className="flex flex-wrap items-center gap-x-2 text-ink-soft">
        {t("verify.nothing_came")}
        <Button look="quiet" size="small" busy={sending.isPending} onClick={() => sending.mutate()}>{t("verify.resend")}</Button>
        <Link to="/sign-in" search={nextSearch(next)} className="ml-auto underline">{t("in.title")}</Link>
      </p>
    </div>
  );
}

function NoneWaitedFor({ signedIn }: { signedIn: boolean }) {
  const { t } = useTranslation("sign-in");
  const next = useNext();
  return (
    <Entry title={t("verify.title")} heading={t("verify.none_title")} lead={t("verify.none")}>
      <Button asChild look="primary" size="large">
        {signedIn ? <Link to="/">{t("invitation.home")}</Link> : <Link to="/sign-in" search={nextSearch(next)}>{t("in.action")}</Link>}
      </Button>
    </Entry>
  );
}
