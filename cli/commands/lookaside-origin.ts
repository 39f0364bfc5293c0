import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { parseChecksum } from '../../core/domain/checksum.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { type CommandContext, type CommandSpec, textOption } from '../command.ts';
import { fields } from '../output/table.ts';
import { readSources } from '../working-copy/sources.ts';
import { currentBranch, openWorkingCopy } from '../working-copy/working-copy.ts';

/** A file that `sources` of the working copy names. */
async function namedSource(context: CommandContext, name: string) {
  const copy = await openWorkingCopy(context);
  const file = parseSourceFileName(basename(name));
  const entry = (await readSources(copy)).find((one) => one.file === file);
  if (entry === undefined)
    fail(
      'not_found',
      `sources does not name ${file}.`,
      'Run this in a clone, on a branch that uses the file: centpkg switch-branch',
    );
  const { type, hex } = parseChecksum(entry.checksum.type, entry.checksum.hex);
  return { copy, source: { component: copy.component, file, hashType: type, hash: hex } };
}

/** Where sources came from, and what is known of them. */
export const lookasideOriginCommands: readonly CommandSpec[] = [
  {
    name: 'lookaside origin',
    args: '<file>',
    summary: 'Say where a source came from, and have its signature checked',
    options: [
      { flags: '--url <url>', help: 'where the upstream publishes it' },
      { flags: '--signature <file>', help: 'its detached OpenPGP signature (.asc, .sig)' },
      { flags: '--keyring <name>', help: "the upstream's public keys: a file of this branch" },
    ],
    examples: [
      'centpkg lookaside origin Python-3.3.7.tar.xz --url https://www.python.org/ftp/Python-3.3.7.tar.xz',
      'centpkg lookaside origin a.tar.gz --url URL --signature a.tar.gz.asc --keyring upstream.asc',
    ],
    async run(context, [file = ''], options) {
      const url = textOption(options, 'url') ?? fail('usage', '--url is missing.');
      const path = textOption(options, 'signature');
      const keyring = textOption(options, 'keyring');
      if ((path === undefined) !== (keyring === undefined))
        fail('usage', '--signature and --keyring belong together.');
      const { copy, source } = await namedSource(context, file);
      const signature =
        path === undefined
          ? null
          : {
              text: await signatureText(resolve(context.cwd, path)),
              branch: branchName(await currentBranch(copy)),
              keyring: parseSourceFileName(keyring ?? ''),
            };
      const data = await context.api.call('recordOrigin', { ...source, url, signature });
      const verdict =
        data.signature === null
          ? 'none was given'
          : {
              good: `good, by ${data.signature.signer}`,
              bad: `BAD, though the key ${data.signature.signer} is in the keyring`,
              'unknown-key': `of key ${data.signature.signer}, which is not in ${data.signature.keyring}`,
            }[data.signature.result];
      const text = fields([
        ['file', source.file],
        ['from', data.url],
        ['signature', verdict],
      ]);
      if (data.signature?.result === 'bad')
        fail('check_failed', `The signature of ${source.file} is bad.`, 'Do not use the file.');
      return { data, text };
    },
  },
  {
    name: 'lookaside statement',
    args: '<file>',
    summary: 'What is known of a source, as an in-toto statement (JSON)',
    examples: ['centpkg lookaside statement Python-3.3.7.tar.xz > Python-3.3.7.intoto.json'],
    async run(context, [file = '']) {
      const { source } = await namedSource(context, file);
      const data = await context.api.call('showStatement', source);
      return { data, text: JSON.stringify(data, null, 2) };
    },
  },
];

/** Armored as it is; a binary signature as base64. */
async function signatureText(path: string): Promise<string> {
  const content = await readFile(path).catch(() => null);
  if (content === null) fail('usage', `${path} can not be read.`, 'Name a file that is there.');
  const text = content.toString('latin1');
  return text.trimStart().startsWith('-----BEGIN') ? text : content.toString('base64');
}
