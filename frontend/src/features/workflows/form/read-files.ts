export type Document = { name: string; text: string };
export type Refused = { name: string; why: "not_text" | "too_long" };

/** Text files, read here: nothing is sent before the form is. */
export async function readFiles(files: File[], longest: number): Promise<{ documents: Document[]; refused: Refused[] }> {
  const documents: Document[] = [];
  const refused: Refused[] = [];
  for (const file of files) {
    const text = await textOf(file);
    if (text === null || text.includes("\0")) refused.push({ name: file.name, why: "not_text" });
    else if ([...text].length > longest) refused.push({ name: file.name, why: "too_long" });
    else documents.push({ name: file.name, text });
  }
  return { documents, refused };
}

async function textOf(file: File): Promise<string | null> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return null;
  }
}
