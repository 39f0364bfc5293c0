import type { ApiOutput } from '../../core/api/schemas.ts';
import { fields, shortTime } from './table.ts';

type Release = ApiOutput<'showKoji'>['items'][number];

const STATES: Readonly<Record<Release['state'], string>> = {
  none: 'not asked for',
  waiting: 'under way',
  done: 'done',
  attention: 'waits for somebody, see below; tried again by itself',
  parked: 'Koji could not be asked; tried again later, or now with "collection apply"',
};

/** How far the set-up of Koji has come: per EL release, then what has to be done by whom. */
export function kojiStatusText({ collection, items }: ApiOutput<'showKoji'>): string {
  if (items.length === 0) return `${collection} has no EL release.`;
  return items.map((item) => releaseText(collection, item)).join('\n\n');
}

function releaseText(collection: string, item: Release): string {
  const { steps, requests, findings, drift } = item;
  const count = (state: Release['steps'][number]['state']): number =>
    steps.filter((step) => step.state === state).length;
  const by = item.requestedBy === null ? '' : `, asked for by ${item.requestedBy}`;
  const head = fields([
    ['collection', `${collection} on EL ${item.release}`],
    ['target', item.target],
    ['state', `${STATES[item.state]}${by}`],
    ...(item.ranAt === null ? [] : [['last run', shortTime(item.ranAt)] as const]),
    ...(item.error === null ? [] : [['last error', item.error] as const]),
    ...(steps.length === 0
      ? []
      : [
          [
            'steps',
            `${count('done')} done, ${count('waiting')} waiting, ${count('refused')} refused by Koji`,
          ] as const,
        ]),
    ...(drift === null
      ? []
      : [
          [
            'drift',
            `${drift.steps} to mend, ${drift.findings} not as planned, seen ${shortTime(drift.lookedAt)}`,
          ] as const,
        ]),
  ]);
  const lines: string[] = [];
  for (const { step, state, words, remedy } of steps) {
    if (state === 'done') continue;
    lines.push(`${state}: ${step}${words === null ? '' : `: ${words}`}`);
    if (remedy !== null && remedy !== '') lines.push(`  ${remedy}`);
  }
  for (const { message, remedy } of findings) {
    lines.push(`found: ${message}`);
    if (remedy !== null) lines.push(`  ${remedy}`);
  }
  for (const { message, commands } of requests)
    lines.push(
      `needs an admin of the hub: ${message}`,
      ...commands.map((command) => `  ${command}`),
    );
  return lines.length === 0 ? head : `${head}\n\n${lines.join('\n')}`;
}
