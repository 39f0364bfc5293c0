/**
 * A configuration that is shipped, with only its marked lines changed.
 * @param changes for each line that is marked with `# CHANGE`, what stands in its place
 * @throws Error where a marked line is not known, or a known one is not there
 */
export function shippedWith(
  file: string,
  text: string,
  changes: Readonly<Record<string, string>>,
): string {
  let changed = text;
  for (const [shipped, instead] of Object.entries(changes)) {
    if (!changed.includes(`${shipped} # CHANGE`)) throw new Error(`${file} has no "${shipped}"`);
    changed = changed.replace(`${shipped} # CHANGE`, () => instead);
  }
  if (/# CHANGE$/m.test(changed)) throw new Error(`${file} marks a line that is not known here`);
  return changed;
}
