import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { faultOf, restOf } from "@/api/problem";
import { isPending, signIn } from "@/api/sign-in";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Entry } from "@/components/entry";
import { useTranslation } from "@/lib/i18n";
import { EmailField } from "./email-field";
import { asked, nextSearch, sessionQuery, useEnter, useNext } from "./entering";
import { PasswordField } from "./password-field";
import { SecondFactor } from "./second-factor";
import "./strings";

/** Whoever is signed in already goes on at once. */
export function SignInPage() {
  const session = useQuery(sessionQuery);
  const enter = useEnter();
  const signedIn = session.data?.signedIn ? session.data : undefined;
  useEffect(() => { if (signedIn) enter(signedIn); }, [signedIn]); // eslint-disable-line react-hooks/exhaustive-deps -- once
  const [second, setSecond] = useState(false);
  const asksSecond = second || (session.data && isPending(session.data, "mfa_authenticate"));
  return asksSecond ? <SecondFactor /> : <FirstFactor onSecond={() => setSecond(true)} />;
}

function FirstFactor({ onSecond }: { onSecond: () => void }) {
  const { t } = useTranslation("sign-in");
  const next = useNext();
  const enter = useEnter();
  const [email, setEmail] = useState(asked.email);
  const [password, setPassword] = useState("");
  const [lost, setLost] = useState(false);
  const entering = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    onSuccess: (session) => {
      if (isPending(session, "mfa_authenticate")) onSecond();
      else setLost(!enter(session));
    },
  });
  const submit = (event: FormEvent) => { event.preventDefault(); asked.email = email.trim(); entering.mutate(); };
  const rest = lost ? t("in.unfinished") : restOf(entering.error, ["email", "password"]);
  return (
    <Entry title={t("in.title")} lead={next.startsWith("/invitations/") && t("for_invitation")}>
      {rest && <Banner tone="bad">{rest}</Banner>}
      <form onSubmit={submit} className="grid gap-4">
        <EmailField value={email} onChange={setEmail} error={faultOf(entering.error, "email")} autoFocus={!email} />
        <div className="grid gap-1">
          <PasswordField label={t("password")} value={password} onChange={setPassword} error={faultOf(entering.error, "password")} />
          <Link to="/password-reset" search={nextSearch(next)} className="justify-self-end py-1 text-sm" onClick={() => { asked.email = email; }}>
            {t("in.forgot")}
          </Link>
        </div>
        <Button type="submit" look="primary" size="large" busy={entering.isPending}>{t("in.action")}</Button>
      </form>
      <p className="text-ink-soft">
        {t("in.no_account")} <Link to="/sign-up" search={nextSearch(next)} className="underline">{t("in.sign_up")}</Link>
      </p>
    </Entry>
  );
}
