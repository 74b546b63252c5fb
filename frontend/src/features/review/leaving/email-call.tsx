import { useState } from "react";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { count } from "@/lib/numbers";
import { Fact, Facts } from "./facts";
import { LongText } from "./long-text";
import type { Email } from "./what-leaves";

const FIRST = 6;

export function EmailCall({ email, draft }: { email: Email; draft: string }) {
  const { t } = useTranslation("review");
  const people = [...new Set(email.to)];
  return (
    <Facts>
      <Fact name={t("leaving.to")}>
        <p className="font-medium">{t("leaving.people", { count: people.length })}</p>
        {people.length < email.to.length && <p className="text-sm text-ink-soft">{t("leaving.twice", { count: email.to.length - people.length })}</p>}
        <Recipients people={people} />
        {people.length > 1 && <p className="text-sm text-ink-soft">{t("leaving.together")}</p>}
      </Fact>
      <Fact name={t("leaving.from")}><span className="text-ink-soft">{t("leaving.from_credential")}</span></Fact>
      <Fact name={t("leaving.subject")}><span className="font-medium">{email.subject}</span></Fact>
      <Fact name={t("leaving.body")}><LongText text={email.body} label={t("leaving.body")} same={email.body === draft} /></Fact>
      <Fact name={t("leaving.html")}>
        {email.html ? <LongText text={email.html} label={t("leaving.html")} same={false} /> : <span className="text-ink-soft">{t("leaving.html_made")}</span>}
      </Fact>
      <Fact name={t("leaving.attachments")}><span className="text-ink-soft">{t("leaving.none")}</span></Fact>
    </Facts>
  );
}

function Recipients({ people }: { people: string[] }) {
  const { t } = useTranslation("review");
  const [all, setAll] = useState(people.length <= FIRST + 1);
  const shown = all ? people : people.slice(0, FIRST);
  return (
    <>
      <ul className="max-h-64 overflow-y-auto font-mono text-xs leading-5"
        tabIndex={people.length > 12 ? 0 : undefined} aria-label={t("leaving.to")}>
        {shown.map((each) => <li key={each}>{each}</li>)}
      </ul>
      {!all && (
        <Button size="small" look="quiet" className="h-8 px-0 underline" onClick={() => setAll(true)}>
          {t("leaving.and_more", { more: count(people.length - FIRST) })}
        </Button>
      )}
    </>
  );
}
