import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import { parseChecksum } from '../../core/domain/checksum.ts';
import { type ComponentName, parseComponentName } from '../../core/domain/component-name.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { type CommandContext, type CommandSpec, type Options, textOption } from '../command.ts';
import { fields, shortTime, table } from '../output/table.ts';
import { verifySources } from '../working-copy/verify-sources.ts';

type Source = ApiOutput<'listSources'>['items'][number];

const HASH_OPTION = { flags: '--hash <hex>', help: 'of this checksum only' };

/** @throws DistGitError `not_found` where a file is named that the cache does not have */
async function find(
  { api }: CommandContext,
  component: ComponentName,
  name: string | undefined,
  options: Options,
): Promise<Source[]> {
  const file = name === undefined ? undefined : parseSourceFileName(name);
  const hash = textOption(options, 'hash');
  if (hash !== undefined && !/^[0-9a-fA-F]{32,128}$/.test(hash))
    fail('usage', '--hash takes the hex digits of a checksum.', 'For instance: sha512sum FILE');
  const { items } = await api.call('listSources', { component, file, hash });
  if (items.length === 0 && (file ?? hash) !== undefined)
    fail(
      'not_found',
      `${component} has no such file in the look-aside cache.`,
      `See what it has: centpkg lookaside list ${component}`,
    );
  return items;
}

function details(component: ComponentName, url: string, source: Source): string {
  return fields([
    ['component', component],
    ['file', source.file],
    [source.hashType, source.hash],
    ['size', `${formatBytes(source.size)} (${source.size} bytes)`],
    ['modified', shortTime(source.mtime)],
    ['uploaded by', source.uploadedBy],
    ['uploaded', shortTime(source.uploadedAt)],
    ['from', source.address ?? 'told to those who may upload'],
    ['state', source.state],
    ['named by', source.usedBy.map(({ branch }) => branch).join(', ') || 'no commit'],
    ['download', downloadUrl(component, url, source)],
  ]);
}

function downloadUrl(component: ComponentName, url: string, source: Source): string {
  const segments = [component, source.file, source.hashType, source.hash, source.file];
  return `${url}/lookaside/${segments.map(encodeURIComponent).join('/')}`;
}

/** What the look-aside cache has of a component. */
export const lookasideCommands: readonly CommandSpec[] = [
  {
    name: 'lookaside list',
    args: '<component>',
    summary: 'Files of a component: how large, who uploaded them, when, from where',
    examples: ['centpkg lookaside list python'],
    async run(context, [name = '']) {
      const component = parseComponentName(name);
      const items = await find(context, component, undefined, {});
      const rows = items.map((one) => [
        one.file,
        formatBytes(one.size),
        `${one.hashType} ${one.hash.slice(0, 12)}`,
        one.uploadedBy,
        shortTime(one.uploadedAt),
        one.address ?? '-',
      ]);
      const header = ['file', 'size', 'checksum', 'by', 'uploaded', 'from'];
      return { data: items, text: table(header, rows, 'No files.') };
    },
  },
  {
    name: 'lookaside show',
    args: '<component> <file>',
    summary: 'One file, with each content that it ever had',
    options: [HASH_OPTION],
    examples: ['centpkg lookaside show python Python-3.3.7.tar.xz'],
    async run(context, [name = '', file = ''], options) {
      const component = parseComponentName(name);
      const items = await find(context, component, file, options);
      const text = items.map((one) => details(component, context.api.url, one)).join('\n\n');
      return { data: items, text };
    },
  },
  {
    name: 'lookaside verify',
    args: '<component> [file]',
    summary: 'Download files and compute their checksums here; keeps nothing',
    options: [HASH_OPTION],
    examples: [
      'centpkg lookaside verify python',
      'centpkg lookaside verify python Python-3.3.7.tar.xz',
    ],
    async run(context, [name = '', file], options) {
      const component = parseComponentName(name);
      const items = await find(context, component, file, options);
      const sources = items.map(({ file: of, hashType, hash, size }) => ({
        address: {
          component,
          file: parseSourceFileName(of),
          checksum: parseChecksum(hashType, hash),
        },
        size,
      }));
      const verified = await verifySources(context, sources);
      const bad = verified.filter(({ good }) => !good);
      if (bad.length > 0)
        throw new DistGitError(
          'check_failed',
          `${bad.length} of ${verified.length} files in the look-aside cache are not what their checksum says.`,
          {
            detail: {
              problems: bad.map((one) => ({
                path: one.file,
                message: `${one.checksum.type} is ${one.received}, not ${one.checksum.hex}; ${one.size} bytes`,
              })),
              remedy: 'Tell a site admin; do not build from these files.',
            },
          },
        );
      const lines = verified.map(({ file: of, size }) => `${of}: good (${formatBytes(size)})`);
      return { data: { files: verified }, text: lines.join('\n') || 'No files.' };
    },
  },
];
