import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, stringify } from 'yaml';
import type { FieldPath, SourceFile, SyntaxProblem } from './source-file.ts';

/** A YAML file, or what is wrong with it, everything at once. JSON is YAML too. */
export function readYaml(text: string): SourceFile | readonly SyntaxProblem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => Math.max(lines.linePos(offset).line, 1);
  if (document.errors.length > 0)
    return document.errors.map(({ pos: [offset], message }) => ({ line: lineAt(offset), message }));
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases that stand for more than the file holds.
    return [{ line: 1, message: (error as Error).message }];
  }
  return {
    value,
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
}

/** Where a field begins: its key, or the item of a list. */
function offsetOf(root: Node | null, path: FieldPath): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of path) {
    if (isSeq(node)) node = node.items[Number(part)];
    else if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(part),
      );
      if (pair === undefined) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
      continue;
    } else break;
    offset = (node as Node | undefined)?.range?.[0] ?? offset;
  }
  return offset;
}

export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}
