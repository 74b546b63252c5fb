/** The seal itself. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden className="shrink-0">
      <rect width="32" height="32" rx="7" className="fill-seal" />
      <path d="M9 16.6l4.6 4.6L23 11" fill="none" strokeWidth="3.2" strokeLinecap="round" strokeLinejoin="round" className="stroke-seal-ink" />
    </svg>
  );
}
