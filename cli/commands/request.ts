import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { parseSigName } from '../../core/domain/sig.ts';
import { type CommandSpec, flagOption, listOption, textOption } from '../command.ts';
import { listCell, shortTime, table } from '../output/table.ts';
import { parseUntil } from '../until.ts';

type Request = ApiOutput<'requestAccess'>;
const PAGE = 500;

const subject = (one: Request): string =>
  one.kind === 'koji' ? `Koji for ${one.collection}` : listCell(one.components);

const told = (one: Request): string => {
  const what =
    one.kind === 'koji'
      ? `to set up Koji for ${one.collection}`
      : `to commit to ${one.components?.join(', ') ?? 'all components'}`;
  return `Request ${one.id} of ${one.user} to SIG ${one.sig}, ${what}, is ${one.state}.`;
};

/** @throws DistGitError `usage` */
function parseId(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    fail('usage', `${JSON.stringify(text)} is not a request.`, 'See "centpkg request list".');
  return Number(text);
}

const REASON = { flags: '--reason <text>', help: 'why' };

export const requestCommands: readonly CommandSpec[] = [
  {
    name: 'request access',
    summary: 'Ask a SIG to let you commit and upload; its chairs answer',
    options: [
      { flags: '--sig <name>', help: 'the SIG (required)' },
      { flags: '--component <name>', help: 'only for these components', list: true },
      REASON,
    ],
    examples: [
      'centpkg request access --sig sclo',
      'centpkg request access --sig sclo --component python --reason "Rebase to 3.3.7"',
    ],
    async run({ api }, _args, options) {
      const sig = textOption(options, 'sig');
      if (sig === undefined) fail('usage', '--sig is required.', 'See "centpkg sig list".');
      const made = await api.call('requestAccess', {
        sig: parseSigName(sig),
        components: listOption(options, 'component')?.map(parseComponentName),
        reason: textOption(options, 'reason'),
      });
      return {
        data: made,
        text: `${told(made)} A chair answers: centpkg request approve ${made.id}`,
      };
    },
  },
  {
    name: 'request koji',
    args: '<collection>',
    summary: 'Ask the site admins to set up Koji, where the SIG leaves that to them',
    options: [REASON],
    examples: ['centpkg request koji python33 --reason "First build"'],
    async run({ api }, [collection = ''], options) {
      const made = await api.call('requestKoji', {
        collection: parseCollectionName(collection),
        reason: textOption(options, 'reason'),
      });
      return {
        data: made,
        text: `${told(made)} A site admin answers: centpkg request approve ${made.id}`,
      };
    },
  },
  {
    name: 'request list',
    summary: 'Open requests: yours, and those that you may answer',
    options: [
      { flags: '--sig <name>', help: 'to one SIG' },
      { flags: '--mine', help: 'only yours' },
      { flags: '--all', help: 'answered ones too' },
    ],
    examples: ['centpkg request list --sig sclo', 'centpkg request list --mine --all'],
    async run({ api }, _args, options) {
      const sig = textOption(options, 'sig');
      const items: Request[] = [];
      for (let before: number | undefined; ; ) {
        const page = await api.call('listRequests', {
          sig: sig === undefined ? undefined : parseSigName(sig),
          mine: String(flagOption(options, 'mine')),
          state: flagOption(options, 'all') ? 'any' : 'open',
          before,
          limit: PAGE,
        });
        items.push(...page.items);
        before = page.items.at(-1)?.id;
        if (page.items.length < PAGE) break;
      }
      const rows = items.map((one) => [
        String(one.id),
        one.user,
        one.sig,
        subject(one),
        one.state,
        shortTime(one.createdAt),
        one.reason,
        [one.answeredBy ?? '', one.answer ?? ''].filter(Boolean).join(': '),
      ]);
      const header = ['id', 'user', 'sig', 'for', 'state', 'asked', 'reason', 'answer'];
      return { data: items, text: table(header, rows, 'No requests.') };
    },
  },
  {
    name: 'request approve',
    args: '<id>',
    summary: 'Grant a request (chairs; for Koji: site admins)',
    options: [{ flags: '--until <date>', help: 'the approval ends on that day' }],
    examples: ['centpkg request approve 7', 'centpkg request approve 7 --until 2027-01-31'],
    async run({ api }, [id = ''], options) {
      const done = await api.call('approveRequest', {
        request: parseId(id),
        until: parseUntil(textOption(options, 'until')),
      });
      return { data: done, text: told(done) };
    },
  },
  {
    name: 'request deny',
    args: '<id>',
    summary: 'Deny a request, and say why (chairs; for Koji: site admins)',
    options: [{ flags: '--reason <text>', help: 'why (required)' }],
    examples: ['centpkg request deny 7 --reason "Please send patches first"'],
    async run({ api }, [id = ''], options) {
      const reason = textOption(options, 'reason');
      if (reason === undefined)
        fail('usage', '--reason is required.', 'Say what would have to be different.');
      const done = await api.call('denyRequest', { request: parseId(id), reason });
      return { data: done, text: told(done) };
    },
  },
  {
    name: 'request cancel',
    args: '<id>',
    summary: 'Take back what you asked for',
    examples: ['centpkg request cancel 7'],
    async run({ api }, [id = '']) {
      const done = await api.call('cancelRequest', { request: parseId(id) });
      return { data: done, text: told(done) };
    },
  },
];
