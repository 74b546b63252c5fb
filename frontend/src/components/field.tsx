import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/lib/cx";

export const control = cx(
  "w-full min-w-0 rounded-md border border-edge bg-raised px-3 text-ink transition-colors",
  "hover:border-ink-faint focus-visible:border-accent disabled:bg-sunken disabled:text-ink-faint",
  "aria-invalid:border-bad",
);

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input {...rest} className={cx(control, "h-9", className)} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea {...rest} className={cx(control, "min-h-24 py-2 leading-5", className)} />;
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select {...rest} className={cx(control, "h-9 pr-8", className)} />;
}

type Ids = { id: string; "aria-describedby"?: string; "aria-invalid"?: true; required?: boolean };
type Props = {
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
  required?: boolean;
  hideLabel?: boolean;
  className?: string;
  children: (ids: Ids) => ReactNode;
};

/** A label, its control, a hint, and what is wrong with it; the control gets the ids that tie them together. */
export function Field({ label, hint, error, required, hideLabel, className, children }: Props) {
  const id = useId();
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className={cx("grid gap-1", className)}>
      <label htmlFor={id} className={cx("text-sm font-medium", hideLabel && "sr-only")}>{label}</label>
      {children({ id, required, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {hint && <p id={`${id}-hint`} className="text-sm text-ink-faint">{hint}</p>}
      {error && <p id={`${id}-error`} className="text-sm text-bad" role="alert">{error}</p>}
    </div>
  );
}

type CheckProps = Omit<ComponentProps<"input">, "type"> & { label: ReactNode; hint?: ReactNode };

export function Checkbox({ label, hint, className, ...rest }: CheckProps) {
  return (
    <label className={cx("flex min-h-8 items-start gap-2 py-1.5", className)}>
      <input type="checkbox" {...rest} className="mt-0.5 size-4 accent-(--accent)" />
      <span>{label}{hint && <span className="block text-sm text-ink-faint">{hint}</span>}</span>
    </label>
  );
}
