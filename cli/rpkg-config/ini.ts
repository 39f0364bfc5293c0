import { fail } from '../../core/api/distgit-error.ts';

/** One setting of a file, with the line that it begins in. */
export interface IniValue {
  readonly value: string;
  readonly line: number;
}

/**
 * One section of a file as Python's configparser reads it: `key = value` or `key: value`, lines of
 * `#` and `;`, values that go on in lines that are set in. Keys are in lower case. Absent where
 * there is no such section.
 * @param file for messages
 * @throws DistGitError `config_invalid` with line and reason
 */
export function readIniSection(
  text: string,
  section: string,
  file: string,
): ReadonlyMap<string, IniValue> | null {
  const values = new Map<string, IniValue>();
  const sections = new Set<string>();
  let current: string | null = null;
  let key: string | null = null;
  const broken = (line: number, reason: string): never =>
    fail('config_invalid', `${file}, line ${line}: ${reason}`, 'Mend the line, or remove it.');
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (/^[#;]/.test(content)) continue;
    if (content === '') continue;
    if (/^\s/.test(raw) && key !== null) {
      const before = values.get(key);
      if (current === section && before !== undefined)
        values.set(key, { ...before, value: `${before.value}\n${content}`.trim() });
      continue;
    }
    const head = /^\[([^\]]*)\]\s*$/.exec(content);
    if (head !== null) {
      current = head[1] ?? '';
      key = null;
      if (sections.has(current)) broken(line, `the section [${current}] is there twice.`);
      sections.add(current);
      continue;
    }
    if (current === null) broken(line, 'a setting stands before the first [section].');
    const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(content);
    if (pair === null) broken(line, `${JSON.stringify(content.slice(0, 60))} is not KEY = VALUE.`);
    key = (pair?.[1] ?? '').toLowerCase();
    if (current !== section) continue;
    if (values.has(key)) broken(line, `${key} is there twice.`);
    values.set(key, { value: pair?.[2] ?? '', line });
  }
  return sections.has(section) ? values : null;
}
