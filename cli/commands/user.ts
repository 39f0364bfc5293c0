import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { parseUserName } from '../../core/domain/sig.ts';
import { type CommandSpec, flagOption, textOption } from '../command.ts';
import { fields, shortTime, table } from '../output/table.ts';

type User = ApiOutput<'showUser'>;
const PAGE = 500;

const details = (user: User): string =>
  fields([
    ['user', user.name],
    ['full name', user.fullName || '-'],
    ['email', user.email || '-'],
    ['site admin', user.admin ? 'yes' : 'no'],
    ['disabled', user.disabled ? 'yes' : 'no'],
    ['created', shortTime(user.createdAt)],
  ]);

export const userCommands: readonly CommandSpec[] = [
  {
    name: 'user create',
    args: '<name>',
    summary: 'Create a local user (site admins)',
    options: [
      { flags: '--full-name <text>', help: 'as people write it' },
      { flags: '--email <address>', help: 'mail address' },
      { flags: '--admin', help: 'make a site admin' },
    ],
    examples: ['centpkg user create ann --full-name "Ann Example"'],
    async run({ api }, [name = ''], options) {
      const user = await api.call('createUser', {
        name: parseUserName(name),
        fullName: textOption(options, 'fullName'),
        email: textOption(options, 'email'),
        admin: flagOption(options, 'admin'),
      });
      return {
        data: user,
        text: `User ${user.name} is created. Issue a token: centpkg token create --user ${user.name}`,
      };
    },
  },
  {
    name: 'user list',
    summary: 'All users',
    examples: ['centpkg user list'],
    async run({ api }) {
      const items: User[] = [];
      for (let after: string | undefined; ; ) {
        const page = await api.call('listUsers', { after, limit: PAGE });
        items.push(...page.items);
        if (page.items.length < PAGE) break;
        after = page.items.at(-1)?.name;
      }
      const rows = items.map((user) => [
        user.name,
        user.fullName,
        [user.admin ? 'admin' : '', user.disabled ? 'disabled' : ''].filter(Boolean).join(', '),
      ]);
      return { data: items, text: table(['name', 'full name', 'state'], rows, 'No users.') };
    },
  },
  {
    name: 'user show',
    args: '<name>',
    summary: 'One user',
    examples: ['centpkg user show ann'],
    async run({ api }, [name = '']) {
      const user = await api.call('showUser', { user: parseUserName(name) });
      return { data: user, text: details(user) };
    },
  },
  {
    name: 'user edit',
    args: '<name>',
    summary: 'Disable or enable a user, make an admin or not (site admins)',
    options: [
      { flags: '--disable', help: 'refuse every token of the user' },
      { flags: '--enable', help: 'undo that' },
      { flags: '--admin', help: 'make a site admin' },
      { flags: '--no-admin', help: 'undo that' },
    ],
    examples: ['centpkg user edit ann --disable'],
    async run({ api }, [name = ''], options) {
      const disable = flagOption(options, 'disable');
      const enable = flagOption(options, 'enable');
      if (disable && enable) fail('usage', 'Both --disable and --enable were given.');
      const { admin } = options;
      const user = await api.call('updateUser', {
        user: parseUserName(name),
        disabled: disable || enable ? disable : undefined,
        admin: typeof admin === 'boolean' ? admin : undefined,
      });
      return { data: user, text: details(user) };
    },
  },
];
