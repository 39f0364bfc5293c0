import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { openApi } from '../api-client/open-api.ts';
import { type CommandContext, type CommandSpec, textOption } from '../command.ts';
import { parseServerUrl } from '../config.ts';
import { fields, listCell, shortTime, table } from '../output/table.ts';

export const login: CommandSpec = {
  name: 'login',
  summary: 'Store the server, and your token or certificate',
  options: [
    { flags: '--url <url>', help: 'address of the server' },
    { flags: '--token-file <file>', help: 'file that holds the token; - reads standard input' },
    {
      flags: '--certificate <file>',
      help: 'client certificate with its key (default: ~/.centos.cert)',
    },
    {
      flags: '--ca <file>',
      help: "who issued the server's certificate (default: ~/.centos-server-ca.cert)",
    },
  ],
  examples: [
    'centpkg login --url https://git.example.org --token-file ~/token',
    'centpkg login --token-file - < token',
    'centpkg login --url https://git.example.org --certificate ~/.centos.cert',
  ],
  async run(context, _args, options) {
    const url = parseServerUrl(textOption(options, 'url') ?? context.config.url);
    const file = textOption(options, 'tokenFile');
    const path = (name: string): string | undefined => {
      const given = textOption(options, name);
      return given === undefined ? undefined : resolve(context.cwd, given);
    };
    context.config.keepTls({ certificate: path('certificate'), ca: path('ca') });
    if (file === undefined) {
      if (context.config.tlsFor(url).certificate !== null) return loginByCertificate(context, url);
      if (path('certificate') !== undefined && context.config.tokenFor(url) !== null)
        fail('usage', `There is a token for ${url}.`, 'Forget it first: centpkg logout');
      fail(
        'usage',
        'No token was given.',
        'Give --token-file FILE; never the token itself, which others could see in the process list.',
      );
    }
    const text = file === '-' ? await context.readInput() : await readToken(context.cwd, file);
    const token = text.trim();
    if (!/^[\x21-\x7e]+$/.test(token))
      fail(
        'usage',
        'That is not a token: it has blanks or other odd characters.',
        'Give the file that holds nothing but the token.',
      );
    const api = openApi(context.config, url, token);
    const me = await api.call('whoami', {});
    // Clones name the server as it calls itself.
    const server = await api.call('showServer', {});
    context.config.login(url, [parseServerUrl(server.url)], token);
    return { data: { url, user: me.user }, text: `Logged in to ${url} as ${me.user}.` };
  },
};

/** Nothing is stored but the server: the certificate is shown with each request. */
async function loginByCertificate(context: CommandContext, url: string) {
  const me = await openApi(context.config, url, null).call('whoami', {});
  if (me.user === null)
    fail(
      'credential_invalid',
      `${url} does not ask for certificates.`,
      'Log in with a token: centpkg login --token-file FILE',
    );
  context.config.useServer(url);
  return {
    data: { url, user: me.user },
    text: `Logged in to ${url} as ${me.user}, by certificate.`,
  };
}

function readToken(cwd: string, file: string): Promise<string> {
  return readFile(resolve(cwd, file), 'utf8').catch(() =>
    fail('usage', `${file} can not be read.`, 'Name the file that holds your token.'),
  );
}

export const logout: CommandSpec = {
  name: 'logout',
  summary: 'Forget the stored token',
  examples: ['centpkg logout'],
  async run(context) {
    const { url } = context.config;
    const had = context.config.logout(url);
    return { data: { url, had }, text: had ? `Logged out of ${url}.` : `Not logged in to ${url}.` };
  },
};

const NOTHING = 'In no SIG may you do anything but read; ask: centpkg request access --sig NAME';

/** One line for all actions that are allowed for the same. */
function mayRows(may: ApiOutput<'whoami'>['may']): string[][] {
  const actions = new Map<string, string[]>();
  for (const { sig, action, collections, components } of may) {
    const where = JSON.stringify([sig, listCell(collections), listCell(components)]);
    actions.set(where, [...(actions.get(where) ?? []), action]);
  }
  return [...actions].map(([where, names]) => {
    const [sig = '', collections = '', components = ''] = JSON.parse(where) as string[];
    return [sig, names.join(', '), collections, components];
  });
}

export const whoami: CommandSpec = {
  name: 'whoami',
  summary: 'Who you are here, until when, and what you may do',
  examples: ['centpkg whoami', 'centpkg whoami --json'],
  async run(context) {
    const me = await context.api.call('whoami', {});
    if (me.user === null) return { data: me, text: `Anonymous at ${context.api.url}.` };
    const head = fields([
      ['user', me.admin ? `${me.user} (site admin)` : me.user],
      ['server', context.api.url],
      ['credential', me.credential ?? ''],
      ['valid until', me.validUntil === null ? 'it is taken back' : shortTime(me.validUntil)],
      ['member of', me.sigs.map(({ sig, role }) => `${sig} (${role})`).join(', ') || '-'],
      [
        'approved by',
        me.approvals.map(({ sig, components }) => `${sig} (${listCell(components)})`).join(', ') ||
          '-',
      ],
      ['token verbs', listCell(me.scopes?.verbs ?? null)],
      ...(me.administer ? [['everywhere', 'everything but push and upload'] as const] : []),
    ]);
    const header = ['sig', 'you may', 'collections', 'components'];
    const may = table(header, mayRows(me.may), me.administer ? '' : NOTHING);
    const text = `${head}\n\n${may}`.trimEnd();
    return { data: me, text };
  },
};

/** git's credential protocol: `key=value` lines in, the same out. */
export const gitCredential: CommandSpec = {
  name: 'git-credential',
  args: '<operation>',
  summary: 'Answers git, which asks for the token of this server',
  hidden: true,
  examples: ['git config credential.https://git.example.org.helper "!centpkg git-credential"'],
  async run(context, [operation]) {
    const nothing = { data: {}, text: '' };
    if (operation !== 'get') return nothing;
    const asked = new Map(
      (await context.readInput())
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    // Only the server that a token is for; git may ask for any.
    const token = context.config.tokenForHost(`${asked.get('protocol')}:`, asked.get('host') ?? '');
    if (token === null) return nothing;
    return { data: {}, text: `username=token\npassword=${token}` };
  },
};
