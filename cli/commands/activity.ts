import { fail } from '../../core/api/distgit-error.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { type CommandSpec, type Options, textOption } from '../command.ts';
import { shortTime, table } from '../output/table.ts';

const LIMIT_OPTION = { flags: '--limit <number>', help: 'how many (default: 100, at most 1000)' };

function limit(options: Options): number | undefined {
  const text = textOption(options, 'limit');
  if (text !== undefined && !/^\d{1,4}$/.test(text)) fail('usage', '--limit takes a number.');
  return text === undefined ? undefined : Number(text);
}

/** What happened and what goes on. */
export const activityCommands: readonly CommandSpec[] = [
  {
    name: 'push list',
    summary: 'Pushes, newest first',
    options: [{ flags: '--component <name>', help: 'of one component' }, LIMIT_OPTION],
    examples: ['centpkg push list --component python'],
    async run({ api }, _args, options) {
      const name = textOption(options, 'component');
      const { items } = await api.call('listPushes', {
        component: name === undefined ? undefined : parseComponentName(name),
        limit: limit(options),
      });
      const rows = items.flatMap((push) =>
        push.updates.map((update) => [
          shortTime(push.createdAt),
          push.user,
          push.component,
          update.ref.replace(/^refs\/(heads|tags)\//, ''),
          `${update.oldOid.slice(0, 8)}..${update.newOid.slice(0, 8)}`,
          push.state,
        ]),
      );
      const header = ['time', 'user', 'component', 'ref', 'commits', 'state'];
      return { data: items, text: table(header, rows, 'No pushes.') };
    },
  },
  {
    name: 'audit list',
    summary: 'Who did what, and what was refused (site admins)',
    options: [LIMIT_OPTION],
    examples: ['centpkg audit list --limit 20'],
    async run({ api }, _args, options) {
      const { items } = await api.call('listAudit', { limit: limit(options) });
      const rows = items.map((one) => [
        shortTime(one.at),
        one.actor,
        one.action,
        one.subject,
        one.allowed ? 'allowed' : 'refused',
        one.rule,
        one.address,
      ]);
      const header = ['time', 'actor', 'action', 'subject', 'decision', 'rule', 'address'];
      return { data: items, text: table(header, rows, 'Nothing yet.') };
    },
  },
  {
    name: 'job list',
    summary: 'Jobs that wait, run, or were parked after many failures (site admins)',
    examples: ['centpkg job list'],
    async run({ api }) {
      const { items } = await api.call('listJobs', {});
      const rows = items.map((one) => [
        String(one.id),
        one.kind,
        one.subject,
        one.state,
        String(one.attempts),
        shortTime(one.runAt),
        one.lastError ?? '',
      ]);
      const header = ['id', 'kind', 'subject', 'state', 'attempts', 'due', 'last error'];
      return { data: items, text: table(header, rows, 'No jobs.') };
    },
  },
];
