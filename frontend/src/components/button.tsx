import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cx } from "@/lib/cx";

const LOOKS = {
  plain: "border border-edge bg-raised text-ink hover:bg-sunken",
  primary: "border border-transparent bg-ink text-paper hover:bg-ink-soft",
  /** Only for what makes something leave the building. */
  seal: "border border-transparent bg-seal text-seal-ink hover:brightness-110",
  quiet: "border border-transparent text-ink-soft hover:bg-sunken hover:text-ink",
  danger: "border border-bad bg-raised text-bad hover:bg-bad-wash",
};

type Props = ComponentProps<"button"> & {
  look?: keyof typeof LOOKS;
  size?: "small" | "normal" | "large";
  busy?: boolean;
  asChild?: boolean;
};

const SIZES = { small: "h-7 px-2 text-sm", normal: "h-8 px-3", large: "h-10 px-4 text-lg font-semibold" };

export function Button({ look = "plain", size = "normal", busy = false, asChild, className, ...rest }: Props) {
  const Element = asChild ? Slot.Root : "button";
  return (
    <Element
      type={asChild ? undefined : "button"}
      {...rest}
      aria-busy={busy || undefined}
      disabled={asChild ? undefined : rest.disabled || busy}
      className={cx(
        "inline-flex shrink-0 items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap no-underline transition-colors select-none",
        "disabled:border-line disabled:bg-sunken disabled:text-ink-faint disabled:brightness-100",
        LOOKS[look], SIZES[size], busy && "animate-pulse", className,
      )}
    />
  );
}

type IconProps = Props & { label: string };

/** A button of one icon, 32 px square; `label` is what it says to those who don't see it, and its tooltip. */
export function IconButton({ label, className, look = "quiet", ...rest }: IconProps) {
  return <Button look={look} aria-label={label} title={label} className={cx("w-8 px-0", className)} {...rest} />;
}
