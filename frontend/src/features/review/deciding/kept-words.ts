import { useState } from "react";

const key = (id: string) => `words:${id}`;

function read(id: string): string {
  try { return sessionStorage.getItem(key(id)) ?? ""; } catch { return ""; }
}

/** What somebody is writing about one request. It outlives a reload, an ended session and a refused decision. */
export function useKeptWords(id: string): [string, (words: string) => void] {
  const [words, setWords] = useState(() => read(id));
  const write = (next: string) => {
    setWords(next);
    try {
      if (next) sessionStorage.setItem(key(id), next);
      else sessionStorage.removeItem(key(id));
    } catch { /* storage that is closed keeps nothing and breaks nothing */ }
  };
  return [words, write];
}
