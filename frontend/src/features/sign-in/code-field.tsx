import { Field, Input } from "@/components/field";

type Props = { label: string; value: string; onChange: (value: string) => void; error?: string; autoFocus?: boolean };

/** A code that arrived elsewhere: in the mono, in capitals as it was sent. */
export function CodeField({ label, value, onChange, error, autoFocus }: Props) {
  return (
    <Field label={label} error={error} required>
      {(ids) => <Input {...ids} autoComplete="one-time-code" autoCapitalize="characters" spellCheck={false} autoFocus={autoFocus}
        value={value} maxLength={40} className="font-mono tracking-widest"
        onChange={(event) => onChange(event.target.value.toUpperCase())} />}
    </Field>
  );
}
