import { basename } from 'node:path';
import type { SourcePackage } from './source-package.ts';

/** The line by which a later run knows what has been imported. */
export function importedLine({ nevr, headerDigest }: SourcePackage): string {
  return `Imported-From: ${nevr}.src.rpm (sha256 ${headerDigest})`;
}

/**
 * The message of an import's commit: the newest entry of the changelog in rpkg's form (items without
 * their `- `, a blank line behind the first), and where it came from.
 */
export function importMessage(source: SourcePackage): string {
  const lines = source.changelog
    .replace(/[^\P{Cc}\n\t]/gu, '?')
    .split('\n')
    .map((line) => line.trimEnd().replace(/^\s*[-*]\s+/, ''))
    // Nobody but the import says what was imported.
    .filter((line) => line !== '' && !/^Imported-From\b/i.test(line));
  const [subject = `Import ${basename(source.path)}`, ...rest] = lines;
  const body = rest.length === 0 ? [] : ['', ...rest];
  return [subject, ...body, '', importedLine(source), ''].join('\n');
}
