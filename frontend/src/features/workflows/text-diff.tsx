import { yaml } from "@codemirror/lang-yaml";
import { syntaxHighlighting } from "@codemirror/language";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { colours, look } from "./code-editor";

type Props = { left: string; right: string; label: string };

const changes = EditorView.theme({
  ".cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--ok-wash) !important" },
  ".cm-deletedChunk, .cm-deletedLine, &.cm-merge-a .cm-changedLine": { backgroundColor: "var(--bad-wash) !important" },
  ".cm-changedText": { background: "none !important", textDecoration: "underline 2px", textUnderlineOffset: "3px" },
});

/** Two texts: side by side where there is room, else one below the other line by line. */
export default function TextDiff({ left, right, label }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = box.current;
    if (!parent) return;
    const common = [
      yaml(), syntaxHighlighting(colours), look, changes, lineNumbers(), EditorView.lineWrapping, EditorState.readOnly.of(true),
      EditorView.editable.of(false), EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-multiline": "true" }),
    ];
    // A limit: the comparison of two texts without a common line would take for ever.
    const diffConfig = { scanLimit: 2000 };
    if (parent.clientWidth < 720) {
      const view = new EditorView({ parent, doc: right, extensions: [...common, unifiedMergeView({ original: left, mergeControls: false, diffConfig })] });
      return () => view.destroy();
    }
    const view = new MergeView({ parent, a: { doc: left, extensions: common }, b: { doc: right, extensions: common }, diffConfig, gutter: true });
    return () => view.destroy();
  }, [label, left, right]);
  return <div ref={box} className="max-h-[70dvh] min-w-0 overflow-auto rounded-md border border-line" />;
}
