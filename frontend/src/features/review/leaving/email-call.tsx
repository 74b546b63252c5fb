import { useState } from "react";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { count } from "@/lib/numbers";
import { EmailParts } from "./email-parts";
import { Fact, Facts } from "./facts";
import { usePreview } from "./use-preview";
import { type Email, peopleOf } from "./what-leaves";

const FIRST = 6;

type Props = { slug: string; request: string; call: string; email: Email; draft: string };

/** An e-mail as its receivers will read it: composed by the team's own tool process, which would send it. */
export function EmailCall({ slug, request, call, email, draft }: Props) {
  const { t } = useTranslation("review");
  const { made, why } = usePreview(slug, request, call);
  const people = made?.to ?? peopleOf(email.to);
  return (
    <Facts>
      <Fact name={t("leaving.to")}>
        <p className="font-medium">{t("leaving.people", { count: people.length })}</p>
        {people.length < email.to.length && <p className="text-sm text-ink-soft">{t("leaving.twice", { count: email.to.length - people.length })}</p>}
        <Recipients people={people} />
        {people.length > 1 && <p className="text-sm text-ink-soft">{t("leaving.together")}</p>}
      </Fact>
      <Fact name={t("leaving.from")}>
        {made && <p>{made.sender}</p>}
        <p className="text-sm text-ink-soft">{t(made ? "leaving.from_now" : "leaving.from_credential")}</p>
      </Fact>
      <Fact name={t("leaving.subject")}><span className="font-medium">{made?.subject ?? email.subject}</span></Fact>
      <Fact name={t("leaving.attachments")}><span className="text-ink-soft">{t("leaving.none")}</span></Fact>
      <Fact wide name={t("leaving.body")}><EmailParts email={email} made={made} why={why} draft={draft} /></Fact>
    </Facts>
  );
}

function Recipients({ people }: { people: string[] }) {
  const { t } = useTranslation("review");
  const [wanted, setWanted] = useState(false);
  const all = wanted || people.length <= FIRST + 1;
  const shown = all ? people : people.slice(0, FIRST);
  return (
    <>
      <ul className="max-h-64 overflow-y-auto font-mono text-xs leading-5"
        tabIndex={shown.length > 12 ? 0 : undefined} aria-label={t("leaving.to")}>
        {shown.map((each) => <li key={each}>{each}</li>)}
      </ul>
      {!all && (
        <Button size="small" look="quiet" className="h-8 px-0 underline" onClick={() => setWanted(true)}>
          {t("leaving.and_more", { more: count(people.length - FIRST) })}
        </Button>
      )}
    </>
  );
}
