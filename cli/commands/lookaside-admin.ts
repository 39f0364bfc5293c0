import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { formatBytes, parseBytes } from '../../core/domain/byte-size.ts';
import { parseChecksum } from '../../core/domain/checksum.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { parseSigName } from '../../core/domain/sig.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { type CommandSpec, flagOption } from '../command.ts';
import { fields, shortTime, table } from '../output/table.ts';

const files = (count: number): string => `${count} file${count === 1 ? '' : 's'}`;
const amount = ({ files: count, bytes }: { files: number; bytes: number }): string =>
  `${files(count)}, ${formatBytes(bytes)}`;

function scrubText({ total, last }: ApiOutput<'showScrub'>): string {
  if (last === null) return `Never scrubbed. There are ${amount(total)} to read.`;
  const found = (count: number, what: string): string =>
    count === 0 ? 'none' : `${count} ${what}`;
  return fields([
    ['scrub', `${last.id}, started ${shortTime(last.startedAt)} by ${last.startedBy}`],
    ['finished', last.finishedAt === null ? 'no, it goes on' : shortTime(last.finishedAt)],
    ['read', `${amount(last)} of ${amount(total)}`],
    ['damaged', found(last.damaged, 'in quarantine: centpkg lookaside quarantine')],
    ['missing', found(last.missing, 'to be uploaded again: centpkg lookaside quarantine')],
    ['unknown', found(last.unknown, 'objects that no upload accounts for')],
  ]);
}

/** Keeps the look-aside cache in order; for site admins, but for `usage`. */
export const lookasideAdminCommands: readonly CommandSpec[] = [
  {
    name: 'lookaside usage',
    summary: 'What the look-aside cache holds, by SIG',
    examples: ['centpkg lookaside usage'],
    async run({ api }) {
      const data = await api.call('showUsage', {});
      const rows = data.items.map(({ sig, files: count, bytes, quota }) => [
        sig,
        String(count),
        formatBytes(bytes),
        quota === null ? '-' : formatBytes(quota),
      ]);
      const list = table(['SIG', 'files', 'size', 'quota'], rows, 'No SIGs.');
      return { data, text: `${list}\n\nin all: ${amount(data.total)}` };
    },
  },
  {
    name: 'sig quota',
    args: '<sig> <size>',
    summary: 'Limit what a SIG may have in the look-aside cache (site admins)',
    examples: ['centpkg sig quota sclo "500 GiB"', 'centpkg sig quota sclo none'],
    async run({ api }, [sig = '', size = '']) {
      const quota = size === 'none' ? null : parseBytes(size);
      if (quota === null && size !== 'none')
        fail('usage', `${size} is not a size.`, 'Write "500 GiB", "20 MiB", or none.');
      const data = await api.call('setQuota', { sig: parseSigName(sig), quota });
      const limit = data.quota === null ? 'has no quota' : `has ${formatBytes(data.quota)}`;
      return { data, text: `SIG ${sig} ${limit}, and uses ${amount(data)}.` };
    },
  },
  {
    name: 'lookaside gc',
    summary: 'Find files that no commit ever named (site admins)',
    options: [
      { flags: '--apply', help: 'put them into quarantine, and delete what was there long enough' },
    ],
    examples: ['centpkg lookaside gc', 'centpkg lookaside gc --apply'],
    async run({ api }, _args, options) {
      const apply = flagOption(options, 'apply');
      const data = await api.call('collectGarbage', { apply });
      const rows = data.items.map((one) => [
        one.component,
        one.file,
        `${one.hashType}:${one.hash.slice(0, 12)}`,
        formatBytes(one.size),
      ]);
      const list = table(['component', 'file', 'hash', 'size'], rows, 'Nothing is unused.');
      const [quarantined, deleted] = [amount(data.quarantined), amount(data.deleted)];
      const end = apply
        ? `Into quarantine: ${quarantined}. Being deleted: ${deleted}.\nBring one back: centpkg lookaside restore COMPONENT FILE HASH`
        : `Would go into quarantine: ${quarantined}. Would be deleted: ${deleted}.\nNothing was changed; do it with --apply.`;
      return { data, text: `${list}\n\n${end}` };
    },
  },
  {
    name: 'lookaside quarantine',
    summary: 'Files that can not be had, and why (site admins)',
    examples: ['centpkg lookaside quarantine'],
    async run({ api }) {
      const { items } = await api.call('listQuarantine', { limit: 1000 });
      const rows = items.map((one) => [
        one.component,
        one.file,
        one.hash.slice(0, 12),
        formatBytes(one.size),
        one.state,
        shortTime(one.since),
      ]);
      const header = ['component', 'file', 'hash', 'size', 'state', 'since'];
      return { data: items, text: table(header, rows, 'Nothing is in quarantine.') };
    },
  },
  {
    name: 'lookaside restore',
    args: '<component> <file> <hash>',
    summary: 'Take an unused file out of quarantine (site admins)',
    examples: ['centpkg lookaside restore python Python-3.3.2.tar.xz 0f1e2d3c4b5a'],
    async run({ api }, [component = '', file = '', hash = '']) {
      const name = parseComponentName(component);
      const wanted = parseSourceFileName(file);
      const { items } = await api.call('listQuarantine', { component: name, limit: 1000 });
      const found = items.filter((one) => one.file === wanted && one.hash.startsWith(hash));
      const [only] = found;
      if (only === undefined || found.length > 1)
        fail(
          only === undefined ? 'not_found' : 'usage',
          `${found.length === 0 ? 'None' : found.length} of the files in quarantine match.`,
          'See "centpkg lookaside quarantine"; give more of the hash.',
        );
      const { type: hashType, hex } = parseChecksum(only.hashType, only.hash);
      const input = { component: name, file: wanted, hashType, hash: hex };
      const data = await api.call('restoreSource', input);
      return { data, text: `${component}/${file} can be had again.` };
    },
  },
  {
    name: 'lookaside scrub',
    summary: 'Read and hash every file again, or tell how far that is (site admins)',
    options: [{ flags: '--start', help: 'begin, or go on where it stopped' }],
    examples: ['centpkg lookaside scrub --start', 'centpkg lookaside scrub'],
    async run({ api }, _args, options) {
      const data = await api.call(flagOption(options, 'start') ? 'startScrub' : 'showScrub', {});
      return { data, text: scrubText(data) };
    },
  },
];
