import { type ReactNode, useEffect } from "react";
import { useTranslation } from "@/lib/i18n";
import { Mark } from "./mark";

type Props = { title: string; heading?: ReactNode; lead?: ReactNode; corner?: ReactNode; children: ReactNode };

/** The pages outside any team: one form, beside a few words of what this is. */
export function Entry({ title, heading, lead, corner, children }: Props) {
  const { t } = useTranslation();
  useEffect(() => { document.title = `${title} · Countersign`; }, [title]);
  return (
    <div className="grid min-h-dvh md:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
      <About />
      <main className="flex min-w-0 flex-col px-4 py-6 sm:px-8 md:py-8">
        <div className="flex min-h-8 items-center justify-between gap-4">
          <Wordmark className="md:invisible" />
          {corner}
        </div>
        <p className="mt-3 text-sm text-pretty text-ink-soft md:hidden">{t("about.short")}</p>
        <div className="mx-auto grid w-full max-w-sm content-center gap-6 py-8 md:grow md:pb-24">
          <header className="grid gap-2">
            <h1 className="text-2xl">{heading ?? title}</h1>
            {lead && <p className="text-pretty text-ink-soft">{lead}</p>}
          </header>
          {children}
        </div>
      </main>
    </div>
  );
}

function Wordmark({ className = "" }: { className?: string }) {
  return <span className={`flex items-center gap-2.5 text-lg font-semibold ${className}`}><Mark size={28} />{"Countersign"}</span>;
}

function About() {
  const { t } = useTranslation();
  return (
    <aside aria-label={t("about.label")} className="sticky top-0 hidden h-dvh flex-col justify-between gap-8 overflow-hidden border-r border-line bg-sunken p-10 md:flex">
      <Wordmark />
      <div className="grid max-w-md gap-10">
        <p className="font-serif text-2xl text-balance">{t("about.line")}</p>
        <Sheet />
      </div>
      <ol className="flex flex-wrap gap-x-2 gap-y-1 text-sm text-ink-soft">
        {["decide", "validate", "approve", "execute"].map((step, number) => (
          <li key={step} className="flex gap-2">{number > 0 && <span aria-hidden>{"→"}</span>}{t(`about.${step}`)}</li>
        ))}
      </ol>
    </aside>
  );
}

const LINES = ["w-11/12", "w-full", "w-10/12", "w-full", "w-7/12"];

/** A draft with its seal: a picture, said to nobody. */
function Sheet() {
  const { t } = useTranslation();
  return (
    <div aria-hidden className="relative grid max-w-sm gap-2.5 rounded-md border border-line bg-raised p-6 pb-16 shadow-float select-none">
      <span className="mb-1 h-3 w-1/2 rounded-sm bg-ink-faint/60" />
      {LINES.map((width, line) => <span key={line} className={`h-1.5 rounded-full bg-line ${width}`} />)}
      <span className="absolute right-5 bottom-4 flex items-center gap-2.5 text-right text-xs leading-4 text-ink-soft">
        <span>{t("about.signed")}<br />{t("about.roles")}</span>
        <Mark size={34} />
      </span>
    </div>
  );
}
