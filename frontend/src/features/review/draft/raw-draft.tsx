import { diffWordsWithSpace } from "diff";
import { memo } from "react";

/** The text itself, each character of it; compared without regard to what its markup means. */
export const RawDraft = memo(function RawDraft({ text, before }: { text: string; before?: string }) {
  const parts = before === undefined ? undefined : diffWordsWithSpace(before, text, { timeout: 400 });
  return (
    <pre className="draft-compared overflow-x-auto rounded-md bg-sunken p-4 font-mono text-sm leading-5 whitespace-pre-wrap wrap-anywhere">
      {parts ? parts.map((part, index) => (
        part.added ? <ins key={index}>{part.value}</ins> : part.removed ? <del key={index}>{part.value}</del> : part.value
      )) : text}
    </pre>
  );
});
