import type { Plan, Step, TagSettings } from './plan.ts';

type Sign = '+' | '~' | '-' | '!';
interface Line {
  /** `tag NAME`, `target NAME`. */
  readonly object: string;
  readonly sign: Sign;
  readonly text: string;
}

/**
 * A plan as people read it: per tag and target what is created (+), changed (~), removed (-), or
 * not as it should be (!), then what an admin of the hub is asked for, and the sums.
 */
export function planText(plan: Plan): string {
  const lines = [...plan.steps.flatMap(linesOf), ...findingLines(plan)];
  const objects = Map.groupBy(lines, ({ object }) => object);
  const parts = [...objects].map(([object, of]) =>
    // Names on a hub can be any text, and each stays on its line.
    [object, ...of.map(({ sign, text }) => `  ${sign} ${oneLine(text)}`)].join('\n'),
  );
  if (plan.requests.length > 0) parts.push(requestText(plan));
  parts.push(sums(plan));
  return parts.join('\n\n');
}

const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, '?');

/** `tag X parent Y` is about `tag X`. */
const objectOf = (thing: string): string => thing.split(' ').slice(0, 2).join(' ');

function findingLines({ findings }: Plan): Line[] {
  return findings.map(({ thing, message, remedy }) => ({
    object: objectOf(thing),
    sign: '!',
    text: remedy === null ? message : `${message} ${remedy}`,
  }));
}

const SIGNS = { create: '+', change: '~', remove: '-' } as const;

function linesOf(step: Step): Line[] {
  const object = step.kind === 'target' ? `target ${step.target}` : `tag ${step.tag}`;
  const line = (sign: Sign, text: string): Line => ({ object, sign, text });
  const sign = SIGNS[step.action];
  switch (step.kind) {
    case 'tag':
      return tagTexts(step.before, step.set).map((text) => line(sign, text));
    case 'inheritance':
      return inheritanceLines(step).map(([edgeSign, text]) => line(edgeSign, text));
    case 'external-repo': {
      const text = (of: typeof step.after) => `mode ${of?.mode}, priority ${of?.priority}`;
      return [line(sign, `external repository ${step.repo}: ${change(step, text)}`)];
    }
    case 'group':
      return [
        ...(step.add.length === 0 && step.action !== 'create'
          ? []
          : [line('+', `group ${step.group}: ${step.add.join(' ')}`)]),
        ...step.remove.map((name) => line('-', `group ${step.group}: ${name}`)),
      ];
    case 'package': {
      const text = (of: typeof step.after) => `owner ${of?.owner}${of?.blocked ? ', blocked' : ''}`;
      return [line(sign, `package ${step.package}: ${change(step, text)}`)];
    }
    case 'target': {
      const text = (of: typeof step.after) => `builds in ${of?.buildTag} for ${of?.destTag}`;
      return [line(sign, change(step, text))];
    }
    default:
      return step satisfies never;
  }
}

/** The one that there is, or both. */
function change<T>(
  { before, after }: { readonly before: T | null; readonly after: T | null },
  text: (of: T | null) => string,
): string {
  if (before === null || after === null) return text(after ?? before);
  return `${text(before)} -> ${text(after)}`;
}

function tagTexts(
  before: TagSettings | null,
  set: Extract<Step, { kind: 'tag' }>['set'],
): string[] {
  const was = (value: unknown): string => (before === null ? '' : `${String(value) || '-'} -> `);
  const json = (value: unknown): string => JSON.stringify(value) ?? '-';
  return [
    ...(before === null ? ['the tag'] : []),
    ...(set.arches === undefined || (before === null && set.arches.length === 0)
      ? []
      : [`architectures: ${was(before?.arches.join(' '))}${set.arches.join(' ')}`]),
    ...(set.perm === undefined ? [] : [`permission: ${was(before?.perm ?? '')}${set.perm}`]),
    ...(set.locked === undefined ? [] : [set.locked ? 'locked' : 'unlocked']),
    ...Object.entries(set.extra ?? {}).map(
      ([key, value]) => `extra ${key}: ${was(json(before?.extra[key]))}${json(value)}`,
    ),
    ...(set.removeExtra ?? []).map((key) => `extra ${key}: removed`),
  ];
}

function inheritanceLines(step: Extract<Step, { kind: 'inheritance' }>): [Sign, string][] {
  const before = new Map(step.before?.map(({ parent, priority }) => [parent, priority]));
  return [
    ...step.set.map(({ parent, priority }): [Sign, string] => {
      const was = before.get(parent);
      return was === undefined
        ? ['+', `parent ${parent}: priority ${priority}`]
        : ['~', `parent ${parent}: priority ${was} -> ${priority}`];
    }),
    ...step.remove.map((parent): [Sign, string] => ['-', `parent ${parent}`]),
  ];
}

function requestText({ requests }: Plan): string {
  return [
    'An admin of the hub is asked for:',
    ...requests.flatMap(({ message, commands, blocks }) => [
      `  ${message} ${blocks.length} ${blocks.length === 1 ? 'thing waits' : 'things wait'} for it.`,
      ...commands.map((command) => `    ${command}`),
    ]),
  ].join('\n');
}

function sums({ steps, findings, requests, unchanged }: Plan): string {
  const count = (action: Step['action']) => steps.filter((step) => step.action === action).length;
  const rest = [
    ...(findings.length > 0 ? [`${findings.length} not as planned`] : []),
    ...(requests.length > 0 ? [`${requests.length} to ask an admin for`] : []),
  ];
  const what =
    steps.length === 0
      ? ['Nothing to do']
      : [
          `${count('create')} to create`,
          `${count('change')} to change`,
          `${count('remove')} to remove`,
        ];
  return `${[...what, ...rest, `${unchanged.length} as they should be`].join(', ')}.`;
}
