import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import {
  COMMIT_POLICIES,
  KOJI_POLICIES,
  parseSigName,
  parseUserName,
  type SigPolicies,
} from '../../core/domain/sig.ts';
import { type CommandSpec, flagOption, listOption, type Options, textOption } from '../command.ts';
import { fields, listCell, shortTime, table } from '../output/table.ts';
import { parseUntil } from '../until.ts';

const POLICY_OPTIONS = [
  { flags: '--title <text>', help: 'full name' },
  { flags: '--commit <policy>', help: 'who may commit', choices: COMMIT_POLICIES },
  { flags: '--koji <policy>', help: 'who sets up Koji', choices: KOJI_POLICIES },
];

const policies = (options: Options) => ({
  title: textOption(options, 'title'),
  commit: textOption(options, 'commit') as SigPolicies['commit'] | undefined,
  koji: textOption(options, 'koji') as SigPolicies['koji'] | undefined,
});

function details(sig: ApiOutput<'showSig'>): string {
  const head = fields([
    ['SIG', sig.title === '' ? sig.name : `${sig.name} (${sig.title})`],
    ['commit policy', sig.commit],
    ['koji policy', sig.koji],
  ]);
  const approvals = table(
    ['approved', 'components', 'by', 'until', 'reason'],
    sig.approvals.map((one) => [
      one.user,
      listCell(one.components),
      one.approvedBy,
      shortTime(one.until),
      one.reason,
    ]),
    'No approvals.',
  );
  return [head, memberTable(sig.members), approvals].join('\n\n');
}

const memberTable = (members: ApiOutput<'showSig'>['members']): string =>
  table(
    ['member', 'role'],
    members.map(({ user, role }) => [user, role]),
    'No members.',
  );

export const sigCommands: readonly CommandSpec[] = [
  {
    name: 'sig create',
    args: '<name>',
    summary: 'Create a SIG (site admins)',
    options: POLICY_OPTIONS,
    examples: ['centpkg sig create sclo --title "Software Collections"'],
    async run({ api }, [name = ''], options) {
      const sig = await api.call('createSig', { name: parseSigName(name), ...policies(options) });
      return {
        data: sig,
        text: `SIG ${sig.name} is created. Add a chair: centpkg sig members ${sig.name} USER --chair`,
      };
    },
  },
  {
    name: 'sig list',
    summary: 'All SIGs',
    examples: ['centpkg sig list'],
    async run({ api }) {
      const { items } = await api.call('listSigs', {});
      const rows = items.map((sig) => [sig.name, sig.commit, sig.koji, sig.title]);
      return { data: items, text: table(['name', 'commit', 'koji', 'title'], rows, 'No SIGs.') };
    },
  },
  {
    name: 'sig show',
    args: '<name>',
    summary: 'Policies, members and approvals of a SIG',
    examples: ['centpkg sig show sclo'],
    async run({ api }, [name = '']) {
      const sig = await api.call('showSig', { sig: parseSigName(name) });
      return { data: sig, text: details(sig) };
    },
  },
  {
    name: 'sig policy',
    args: '<name>',
    summary: 'Change the title or policies of a SIG (chairs)',
    options: POLICY_OPTIONS,
    examples: [
      'centpkg sig policy sclo --commit members',
      'centpkg sig policy sclo --commit approved --koji admins',
    ],
    async run({ api }, [name = ''], options) {
      const sig = await api.call('updateSig', { sig: parseSigName(name), ...policies(options) });
      return {
        data: sig,
        text: `SIG ${sig.name}: commit policy ${sig.commit}, koji policy ${sig.koji}.`,
      };
    },
  },
  {
    name: 'sig members',
    args: '<sig> [user]',
    summary: 'Members and chairs; with a user: add, or remove one (site admins)',
    options: [
      { flags: '--chair', help: 'as chair' },
      { flags: '--remove', help: 'no member any more' },
    ],
    examples: [
      'centpkg sig members sclo',
      'centpkg sig members sclo ann --chair',
      'centpkg sig members sclo ann --remove',
    ],
    async run({ api }, [sig = '', user], options) {
      const [chair, remove] = [flagOption(options, 'chair'), flagOption(options, 'remove')];
      if (user === undefined) {
        if (chair || remove)
          fail('usage', 'No user was named.', 'See "centpkg sig members --help".');
        const { members } = await api.call('showSig', { sig: parseSigName(sig) });
        return { data: members, text: memberTable(members) };
      }
      const target = { sig: parseSigName(sig), user: parseUserName(user) };
      if (remove) {
        const done = await api.call('removeMember', target);
        return { data: done, text: `${user} is not a member of SIG ${sig} any more.` };
      }
      const role = chair ? 'chair' : 'member';
      const done = await api.call('setMember', { ...target, role });
      return { data: done, text: `${user} is a ${role} of SIG ${sig}.` };
    },
  },
  {
    name: 'sig approve',
    args: '<sig> <user>',
    summary: 'Let a user commit and upload; replaces what was approved before (chairs)',
    options: [
      { flags: '--component <name>', help: 'only for these components', list: true },
      { flags: '--reason <text>', help: 'why' },
      { flags: '--until <date>', help: 'ends on that day' },
    ],
    examples: [
      'centpkg sig approve sclo ann',
      'centpkg sig approve sclo ben --component python --until 2027-01-31 --reason "Rebase"',
    ],
    async run({ api }, [sig = '', user = ''], options) {
      const done = await api.call('approveUser', {
        sig: parseSigName(sig),
        user: parseUserName(user),
        components: listOption(options, 'component')?.map(parseComponentName),
        reason: textOption(options, 'reason'),
        until: parseUntil(textOption(options, 'until')),
      });
      const end = done.until === null ? '' : ` until ${shortTime(done.until)}`;
      return {
        data: done,
        text: `SIG ${sig} approved ${user} for ${done.components?.join(', ') ?? 'all components'}${end}.`,
      };
    },
  },
  {
    name: 'sig revoke',
    args: '<sig> <user>',
    summary: 'Take an approval back (chairs)',
    examples: ['centpkg sig revoke sclo ann'],
    async run({ api }, [sig = '', user = '']) {
      const target = { sig: parseSigName(sig), user: parseUserName(user) };
      const done = await api.call('revokeApproval', target);
      return { data: done, text: `SIG ${sig} has taken the approval of ${user} back.` };
    },
  },
];
