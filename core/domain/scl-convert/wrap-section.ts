import { conditionDepth } from './spec-text.ts';

/**
 * Encloses the commands of a build section in `scl enable`, where there is a collection: they run
 * in its environment. Conditions that only begin or end within the section stay outside.
 * @param body the lines below the one that begins the section
 */
export function wrapSection(body: readonly string[]): string[] {
  if (body.some((line) => /\bscl\s+enable\b/.test(line))) return [...body];
  const end = commandsEnd(body);
  const commands = body.slice(0, end);
  if (commands.every((line) => /^\s*(?:#.*)?$/.test(line))) return [...body];
  // A document of the section's own may end by the same word.
  const mark = commands.some((line) => line.trim() === 'EOF') ? 'SCL_EOF' : 'EOF';
  return [
    `%{?scl:scl enable %{scl} - << \\${mark}}`,
    '%{?scl:set -ex}',
    ...commands,
    `%{?scl:${mark}}`,
    ...body.slice(end),
  ];
}

/** How many lines are commands: without blank lines, and conditions around the next section. */
function commandsEnd(body: readonly string[]): number {
  const open: number[] = [];
  let end = body.length;
  for (const [at, line] of body.entries()) {
    const depth = conditionDepth(line);
    const isElse = /^\s*%(?:else|elif)/.test(line);
    if (depth === 1) open.push(at);
    else if ((depth === -1 || isElse) && open.length === 0) {
      // It belongs to a condition that began before the section.
      end = at;
      break;
    } else if (depth === -1) open.pop();
  }
  end = Math.min(end, open[0] ?? end);
  while (end > 0 && body[end - 1]?.trim() === '') end--;
  return end;
}
