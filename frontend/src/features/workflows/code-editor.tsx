import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";
import { useEffect, useRef } from "react";

export type Mark = { from: number; to: number; severity: "error" | "warning"; message: string };
type Props = {
  /** The text to begin with. Another `key` begins anew. */
  initial: string;
  label: string;
  readOnly?: boolean;
  onChange?: (text: string) => void;
  marks?: Mark[];
  /** A place to show and to put the cursor at; `asked` counts how often. */
  goTo?: { at: number; asked: number };
};

export const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--warn)" },
  { tag: tags.comment, color: "var(--ink-faint)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.bracket, tags.meta], color: "var(--ink-soft)" },
]);

export const look = EditorView.theme({
  "&": { backgroundColor: "var(--raised)", color: "var(--ink)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--font-mono, monospace)", lineHeight: "20px", maxHeight: "70dvh" },
  ".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--ink-faint)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in oklch, var(--sunken) 70%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection": { backgroundColor: "var(--accent-wash)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-wash)" },
});

export default function CodeEditor({ initial, label, readOnly = false, onChange, marks, goTo }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const tell = useRef(onChange);
  useEffect(() => { tell.current = onChange; });

  useEffect(() => {
    if (!box.current) return;
    const view = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: initial,
        extensions: [
          basicSetup, yaml(), syntaxHighlighting(colours), look, lintGutter(), EditorView.lineWrapping,
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", ...(readOnly && { "aria-readonly": "true" }) }),
          EditorView.updateListener.of((update) => { if (update.docChanged) tell.current?.(update.state.doc.toString()); }),
        ],
      }),
    });
    editor.current = view;
    return () => { view.destroy(); editor.current = null; };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the editor holds the text; a new text is a new key
  }, [readOnly, label]);

  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const size = view.state.doc.length;
    const shown: Diagnostic[] = (marks ?? []).map((mark) => ({ ...mark, from: Math.min(mark.from, size), to: Math.min(mark.to, size) }));
    view.dispatch(setDiagnostics(view.state, shown));
  }, [marks]);

  useEffect(() => {
    const view = editor.current;
    if (!view || !goTo) return;
    const at = Math.min(goTo.at, view.state.doc.length);
    view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "start", yMargin: 40 }) });
    view.focus();
  }, [goTo]);

  return <div ref={box} className="min-w-0 overflow-hidden rounded-md border border-line" />;
}
