import { useEffect, useRef } from "react";
import type { Problem } from "@/api/problem";
import { faultOf } from "@/api/problem";
import type { RequestDetail, Verdict } from "@/api/schema";
import { Button } from "@/components/button";
import { Field, Textarea } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { useApproveWords, useLeavingWords } from "./button-words";

type Props = {
  request: RequestDetail; me: string; verdict: Verdict; words: string; setWords: (words: string) => void;
  error: Problem | null; busy: boolean; send: () => void; cancel: () => void;
};

/** One step before every verdict, the same for yes and no; the draft stays in sight while one writes. */
export function Composer({ request, me, verdict, words, setWords, error, busy, send, cancel }: Props) {
  const { t } = useTranslation("review");
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => { box.current?.focus({ preventScroll: true }); }, [verdict]);
  const needed = verdict === "request_changes" || request.policy.reason_required;
  const ready = !needed || words.trim() !== "";
  const onKey = (event: React.KeyboardEvent) => {
    if (event.key === "Escape") { event.stopPropagation(); cancel(); }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && ready && !busy) send();
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- keys of the field and buttons within
    <div className="grid gap-3" onKeyDown={onKey}>
      <What request={request} me={me} verdict={verdict} />
      <Field label={t(`composer.${verdict}.label`)} required={needed} error={faultOf(error, "comment")}
        hint={t(needed ? "composer.needed" : "composer.optional")}>
        {(ids) => (
          <Textarea {...ids} ref={box} value={words} maxLength={20_000} rows={3} className="max-h-[35dvh] min-h-16"
            onChange={(event) => setWords(event.target.value)} />
        )}
      </Field>
      <div className="flex flex-wrap items-center justify-end gap-2">
        <Button className="h-10" onClick={cancel}>{t("composer.back")}</Button>
        <Send request={request} me={me} verdict={verdict} busy={busy} disabled={!ready} send={send} />
      </div>
    </div>
  );
}

type SendProps = Pick<Props, "request" | "me" | "verdict" | "busy" | "send"> & { disabled: boolean };

function Send({ request, me, verdict, busy, disabled, send }: SendProps) {
  const { t } = useTranslation("review");
  const approve = useApproveWords(request, me);
  const yes = verdict === "approve";
  return (
    <Button size="large" busy={busy} disabled={disabled} onClick={send} className="max-w-full whitespace-normal"
      look={yes ? (approve.effect ? "seal" : "primary") : verdict === "reject" ? "danger" : "primary"}>
      {yes ? approve.words : t(`composer.${verdict}.send`)}
    </Button>
  );
}

function What({ request, me, verdict }: Pick<Props, "request" | "me" | "verdict">) {
  const { t } = useTranslation("review");
  const { effect } = useApproveWords(request, me);
  const leaving = useLeavingWords(request);
  if (verdict !== "approve") return <p className="font-semibold">{t(`composer.${verdict}.title`, { n: request.revision })}</p>;
  const hold = request.policy.hold_seconds;
  return (
    <p className="wrap-anywhere">
      <strong>{t("composer.approve.title", { n: request.revision })}</strong>{" "}
      {effect ? t(hold ? "composer.approve.held" : "composer.approve.leaves", { what: leaving, count: hold })
        : t(request.calls.length ? "composer.approve.waits" : "composer.approve.nothing", { what: leaving })}
    </p>
  );
}
