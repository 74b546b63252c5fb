import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";

/** Text as it is written. It follows the end only while its reader is there: who scrolled up stays where they read. */
export function LiveText({ text }: { text: string }) {
  const { t } = useTranslation("runs");
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  useEffect(() => {
    const here = box.current;
    if (follows && here) here.scrollTop = here.scrollHeight;
  }, [follows, text]);
  const scrolled = () => {
    const here = box.current;
    if (here) setFollows(here.scrollHeight - here.scrollTop - here.clientHeight < 24);
  };
  return (
    <div className="relative">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard */}
      <div ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label={t("draft.live_label")}
        className="max-h-[28rem] overflow-y-auto pr-2">
        <p className="max-w-[72ch] font-serif text-lg whitespace-pre-wrap wrap-anywhere">
          {text}<span aria-hidden className="ml-0.5 inline-block h-4 w-1.5 animate-pulse bg-accent align-text-bottom motion-reduce:animate-none" />
        </p>
      </div>
      {!follows && <Button size="small" className="absolute right-2 bottom-2" onClick={() => setFollows(true)}>{t("draft.follow")}</Button>}
    </div>
  );
}
