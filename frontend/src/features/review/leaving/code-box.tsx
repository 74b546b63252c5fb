/** Text exactly as it is, in a box that scrolls once it is long. */
export function CodeBox({ id, text, label }: { id?: string; text: string; label: string }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard
    <pre id={id} tabIndex={0} role="region" aria-label={label}
      className="max-h-[60dvh] overflow-auto rounded-md bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">
      {text}
    </pre>
  );
}
