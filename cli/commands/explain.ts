import { ACTIONS, type Action } from '../../core/access/action.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiInput, ApiOutput } from '../../core/api/schemas.ts';
import { type CommandSpec, textOption } from '../command.ts';
import { fields, listCell, shortTime, table } from '../output/table.ts';

type Answer = ApiOutput<'explain'>;
type Part = Answer['parts'][number];

/** What each action is asked of, in the order of the command line. */
const ASKED_OF: Readonly<Record<Action, readonly (keyof ApiInput<'explain'>)[]>> = {
  read: [],
  push: ['component', 'branch'],
  upload: ['component'],
  'manage-component': ['component'],
  'manage-collection': ['collection'],
  'apply-koji': ['collection'],
  'request-koji': ['collection'],
  'manage-sig': ['sig'],
  'request-access': ['sig'],
  'manage-tokens': ['owner'],
  'manage-keys': ['owner'],
  administer: [],
};
/** A push may name the component only; tokens and keys are one's own unless another owner is named. */
const MAY_BE_LEFT_OUT: ReadonlySet<string> = new Set(['branch', 'owner']);

function approval({ approval: one }: Part): string {
  if (one === null) return '-';
  const end = one.until === null ? '' : ` until ${shortTime(one.until)}`;
  return `${listCell(one.components)} by ${one.approvedBy}${end}`;
}

function details(answer: Answer): string {
  const head = fields([
    ['user', answer.user ?? 'anonymous'],
    ['credential', answer.credential ?? '-'],
    ['answer', answer.allowed ? 'yes' : 'no'],
    ['rule', answer.rule],
    ['reason', answer.reason],
    ...(answer.remedy === undefined ? [] : [['to do', answer.remedy] as const]),
  ]);
  if (answer.parts.length === 0) return head;
  const rows = answer.parts.map((part) => [
    part.sig,
    part.collection ?? '-',
    part.commit,
    part.koji,
    part.role ?? '-',
    approval(part),
    `${part.decision.allowed ? 'yes' : 'no'} [${part.decision.rule}]`,
  ]);
  const header = ['sig', 'collection', 'commit', 'koji', 'role', 'approved for', 'answer'];
  return `${head}\n\n${table(header, rows, '')}`;
}

export const explain: CommandSpec = {
  name: 'explain',
  args: '<action> [of...]',
  summary: 'Who may do what, and by which rule',
  options: [{ flags: '--user <name>', help: 'of another user (chairs of the SIG, site admins)' }],
  examples: [
    'centpkg explain push python scl-python33-el7',
    'centpkg explain push python --user ann',
    'centpkg explain upload python',
    'centpkg explain manage-component python',
    'centpkg explain manage-collection python33',
    'centpkg explain apply-koji python33',
    'centpkg explain manage-sig sclo',
  ],
  async run({ api }, [action = '', ...names], options) {
    const known = ACTIONS.find((one) => one === action);
    if (known === undefined)
      fail(
        'usage',
        `${JSON.stringify(action)} is no action.`,
        `Name one of: ${ACTIONS.join(', ')}.`,
      );
    const asked = ASKED_OF[known];
    const least = asked.filter((one) => !MAY_BE_LEFT_OUT.has(one)).length;
    if (names.length < least || names.length > asked.length)
      fail(
        'usage',
        `explain ${known} takes ${asked.length === 0 ? 'no names' : asked.join(', ')}.`,
        'See "centpkg explain --help".',
      );
    const given = Object.fromEntries(names.map((name, place) => [asked[place], name]));
    const answer = await api.call('explain', {
      action: known,
      user: textOption(options, 'user'),
      ...given,
    });
    return { data: answer, text: details(answer) };
  },
};
