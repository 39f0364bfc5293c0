import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { parseSshFingerprint } from '../../core/domain/ssh-key.ts';
import { type CommandSpec, textOption } from '../command.ts';
import { shortTime, table } from '../output/table.ts';

/** A public key has a few hundred bytes; whoever names another file is told, not read. */
const MAX_KEY = 8000;

export const keyCommands: readonly CommandSpec[] = [
  {
    name: 'key add',
    args: '<file>',
    summary: 'Add an SSH key, to use git with it; - reads standard input',
    options: [
      { flags: '--label <text>', help: "what it is for (default: the key's comment)" },
      { flags: '--user <name>', help: 'for another user (site admins)' },
    ],
    examples: ['centpkg key add ~/.ssh/id_ed25519.pub', 'ssh-add -L | centpkg key add -'],
    async run(context, [file = ''], options) {
      const text = file === '-' ? await context.readInput() : await readKey(context.cwd, file);
      // The server would refuse it as well, but must not see it.
      if (text.includes('PRIVATE KEY') || text.length > MAX_KEY)
        fail('usage', `${file} is not a public key.`, 'Name the file that ends in .pub.');
      const key = await context.api.call('addKey', {
        key: text,
        label: textOption(options, 'label'),
        user: textOption(options, 'user'),
      });
      return { data: key, text: `${key.fingerprint} may be used by ${key.user}.` };
    },
  },
  {
    name: 'key list',
    summary: 'Your SSH keys, with their last use',
    options: [{ flags: '--user <name>', help: 'of another user (site admins)' }],
    examples: ['centpkg key list'],
    async run({ api }, _args, options) {
      const { items } = await api.call('listKeys', { user: textOption(options, 'user') });
      const rows = items.map((key) => [
        key.fingerprint,
        key.type,
        key.label,
        shortTime(key.addedAt),
        shortTime(key.lastUsedAt),
      ]);
      const header = ['fingerprint', 'type', 'label', 'added', 'last used'];
      return { data: items, text: table(header, rows, 'No keys.') };
    },
  },
  {
    name: 'key remove',
    args: '<fingerprint>',
    summary: 'Remove an SSH key at once',
    examples: ['centpkg key remove SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU'],
    async run({ api }, [text = '']) {
      const key = parseSshFingerprint(text);
      await api.call('removeKey', { key });
      return { data: { fingerprint: key }, text: `${key} is removed.` };
    },
  },
];

function readKey(cwd: string, file: string): Promise<string> {
  return readFile(resolve(cwd, file), 'utf8').catch(() =>
    fail('usage', `${file} can not be read.`, 'Name the file that holds your public key.'),
  );
}
