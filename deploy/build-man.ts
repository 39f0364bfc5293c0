import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../cli/commands/index.ts';
import { manualPages } from '../cli/manual/manual-pages.ts';

/** Writes `man1/*.1` below `folder`, and nothing else stays there. */
export function writeManual(folder: string, version: string, date: Date): void {
  const section = join(folder, 'man1');
  rmSync(section, { recursive: true, force: true });
  mkdirSync(section, { recursive: true });
  const edition = { version, date: date.toISOString().slice(0, 10) };
  for (const [name, text] of manualPages(COMMANDS, edition))
    writeFileSync(join(section, name), text);
}
