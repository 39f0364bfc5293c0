import { TOKEN_VERBS, type TokenVerb } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { type CommandSpec, listOption, textOption } from '../command.ts';
import { fields, listCell, shortTime, table } from '../output/table.ts';

type Token = ApiOutput<'showToken'>;

function state(token: Token): string {
  if (token.revokedAt !== null) return 'revoked';
  if (token.expiresAt !== null && Date.parse(token.expiresAt) <= Date.now()) return 'expired';
  return 'valid';
}

const details = (token: Token): string =>
  fields([
    ['token', token.id],
    ['user', token.user],
    ['label', token.label || '-'],
    ...(token.robot === null ? [] : [['robot', token.robot] as const]),
    ['state', state(token)],
    ['verbs', listCell(token.verbs)],
    ['SIGs', listCell(token.sigs)],
    ['collections', listCell(token.collections)],
    ['components', listCell(token.components)],
    ['created', shortTime(token.createdAt)],
    ['expires', shortTime(token.expiresAt)],
    ['last used', shortTime(token.lastUsedAt)],
  ]);

/** `30`, `30d`, or `never`. */
function days(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'never') return null;
  const match = /^(\d{1,4})d?$/.exec(text);
  if (match === null)
    fail('usage', `--expires ${text} is not a number of days.`, 'Write 30d, or never.');
  return Number(match[1]);
}

export const tokenCommands: readonly CommandSpec[] = [
  {
    name: 'token create',
    summary: 'Issue a token; it is shown once',
    options: [
      { flags: '--user <name>', help: 'for another user (site admins)' },
      { flags: '--label <text>', help: 'what it is for' },
      { flags: '--robot <name>', help: 'for a program; needs --verb and what it works on' },
      { flags: '--expires <days>', help: '30d, or never (default: 90d)' },
      { flags: '--verb <verb>', help: 'limit to these verbs', list: true, choices: TOKEN_VERBS },
      { flags: '--sig <name>', help: 'limit to these SIGs', list: true },
      { flags: '--collection <name>', help: 'limit to these collections', list: true },
      { flags: '--component <name>', help: 'limit to these components', list: true },
    ],
    examples: [
      'centpkg token create --label laptop',
      'centpkg token create --robot rebuild --verb push,upload --component python --expires 30d',
    ],
    async run({ api, note }, _args, options) {
      const token = await api.call('createToken', {
        user: textOption(options, 'user'),
        label: textOption(options, 'label'),
        robot: textOption(options, 'robot'),
        verbs: listOption(options, 'verb') as TokenVerb[] | undefined,
        sigs: listOption(options, 'sig'),
        collections: listOption(options, 'collection'),
        components: listOption(options, 'component'),
        expiresInDays: days(textOption(options, 'expires')),
      });
      note('It is shown only now. Store it: centpkg login --token-file FILE');
      return { data: token, text: token.token };
    },
  },
  {
    name: 'token list',
    summary: 'Your tokens, with their last use',
    options: [{ flags: '--user <name>', help: 'of another user (site admins)' }],
    examples: ['centpkg token list'],
    async run({ api }, _args, options) {
      const { items } = await api.call('listTokens', { user: textOption(options, 'user') });
      const rows = items.map((token) => [
        token.id,
        token.robot === null ? token.label : `${token.robot} (robot) ${token.label}`.trim(),
        state(token),
        listCell(token.verbs),
        shortTime(token.expiresAt),
        shortTime(token.lastUsedAt),
      ]);
      const header = ['id', 'label', 'state', 'verbs', 'expires', 'last used'];
      return { data: items, text: table(header, rows, 'No tokens.') };
    },
  },
  {
    name: 'token show',
    args: '<id>',
    summary: 'One token: its scopes and last use',
    examples: ['centpkg token show 1ca9be1fe6ad'],
    async run({ api }, [id = '']) {
      const token = await api.call('showToken', { token: id });
      return { data: token, text: details(token) };
    },
  },
  {
    name: 'token revoke',
    args: '<id>',
    summary: 'Revoke a token at once',
    examples: ['centpkg token revoke 1ca9be1fe6ad'],
    async run({ api }, [id = '']) {
      const token = await api.call('revokeToken', { token: id });
      return { data: token, text: `Token ${token.id} of ${token.user} is revoked.` };
    },
  },
];
