import { useState } from "react";
import type { RequestDetail } from "@/api/schema";

/** What is being said is about the draft at this gate: a newer revision of it finds the words again. */
const key = ({ subject, gate }: RequestDetail) => `words:${subject.id}:${gate}`;

function read(request: RequestDetail): string {
  try { return sessionStorage.getItem(key(request)) ?? ""; } catch { return ""; }
}

/** What somebody is writing. It outlives a reload, an ended session, a refused decision, and the revision it is about. */
export function useKeptWords(request: RequestDetail): [string, (words: string) => void] {
  const [words, setWords] = useState(() => read(request));
  const write = (next: string) => {
    setWords(next);
    try {
      if (next) sessionStorage.setItem(key(request), next);
      else sessionStorage.removeItem(key(request));
    } catch { /* storage that is closed keeps nothing and breaks nothing */ }
  };
  return [words, write];
}
