import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "./button";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  wide?: boolean;
  children: ReactNode;
};

export function Dialog({ open, onOpenChange, title, description, wide, children }: Props) {
  const { t } = useTranslation();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="appear fixed inset-0 z-40 bg-[oklch(0_0_0/0.4)]" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          className={cx(
            "appear fixed z-50 grid max-h-[85dvh] gap-4 overflow-y-auto border border-line bg-raised p-6 shadow-float",
            "inset-x-0 bottom-0 rounded-t-md sm:inset-auto sm:top-1/2 sm:left-1/2 sm:-translate-1/2 sm:rounded-md",
            wide ? "sm:w-[min(52rem,94vw)]" : "sm:w-[min(30rem,94vw)]",
          )}
        >
          <header className="flex items-start justify-between gap-4">
            <div className="grid gap-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="text-ink-soft">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label={t("close")} className="-mt-1 -mr-2"><X size={16} aria-hidden /></IconButton>
            </Radix.Close>
          </header>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

type ConfirmProps = Omit<Props, "children" | "wide"> & {
  action: string;
  onConfirm: () => void;
  busy?: boolean;
  look?: "danger" | "primary" | "seal";
  children?: ReactNode;
};

/** Asks before something is lost: says what, and names the action on the button. */
export function Confirm({ action, onConfirm, busy, look = "danger", children, ...rest }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Dialog {...rest}>
      {children}
      <DialogActions>
        <Button onClick={() => rest.onOpenChange(false)}>{t("cancel")}</Button>
        <Button look={look} busy={busy} onClick={onConfirm}>{action}</Button>
      </DialogActions>
    </Dialog>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <footer className="flex flex-wrap justify-end gap-2">{children}</footer>;
}
