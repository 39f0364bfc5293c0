import { median, spread } from './stats.ts';

/** No measure takes much longer than that, as long as it has so many rounds. */
const BUDGET = { milliseconds: 15_000, rounds: 3 };

/** One value of ours and one of the peer's per round; none of a peer that is not measured. */
export interface Rounds {
  readonly ours: readonly number[];
  readonly peer: readonly number[];
}

export interface Measure extends Rounds {
  readonly name: string;
  readonly unit: string;
  readonly target: Target;
}

/** What a measure must reach, in words and as a question. */
export interface Target {
  readonly text: string;
  /** The peer's value is only there to be looked at. */
  readonly absolute?: true;
  /** All three are medians, ratio and difference of what was measured in the same round. */
  met(median: { ratio: number; difference: number; ours: number }): boolean;
}

/** For times: ours takes at most `times` the peer's. */
export const timesAtMost = (times: number): Target => ({
  text: `≤ ${times.toFixed(2)}×`,
  met: ({ ratio }) => ratio <= times,
});

/** For rates: ours reaches at least `times` the peer's. */
export const timesAtLeast = (times: number): Target => ({
  text: `≥ ${times.toFixed(2)}×`,
  met: ({ ratio }) => ratio >= times,
});

/** Ours is at most `difference` above the peer's. */
export const aboveAtMost = (difference: number, unit: string): Target => ({
  text: `≤ peer + ${difference} ${unit}`,
  met: (median) => median.difference <= difference,
});

/** Ours is at most `limit`, whatever the peer's is. */
export const atMost = (limit: number, unit: string): Target => ({
  text: `≤ ${limit} ${unit}`,
  absolute: true,
  met: ({ ours }) => ours <= limit,
});

/** Ours is at least `limit`, whatever the peer's is. */
export const atLeast = (limit: number, unit: string): Target => ({
  text: `≥ ${limit} ${unit}`,
  absolute: true,
  met: ({ ours }) => ours >= limit,
});

/**
 * Measures both sides in every round, each first in every other one, so that whatever else the
 * machine does hits both. One round more is run before, uncounted.
 * @param rounds at the most: a slow machine does fewer
 * @param measure one value of one side in one round
 * @param prepare what must be there before a round, not measured
 */
export async function alternate<Side>(
  rounds: number,
  sides: { readonly ours: Side; readonly peer: Side },
  measure: (side: Side) => Promise<number>,
  prepare: () => Promise<unknown> = async () => {},
): Promise<Rounds> {
  const result = { ours: [] as number[], peer: [] as number[] };
  const start = performance.now();
  for (let round = 0; round <= rounds; round++) {
    if (round > BUDGET.rounds && performance.now() - start > BUDGET.milliseconds) break;
    const order = round % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const);
    await prepare();
    for (const side of order) {
      const value = await measure(sides[side]);
      if (round > 0) result[side].push(value);
    }
  }
  return result;
}

/** Milliseconds that `act` takes. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

const HEAD = ['measure', 'rounds', 'ours', 'peer', 'ratio', 'target', ''];
/** These columns are words; the others are numbers. */
const WORDS = new Set([0, 5, 6]);

/** A table of medians, each with its interquartile range. */
export function formatTable(title: string, measures: readonly Measure[]): string {
  const rows = [HEAD, ...measures.map(row)];
  const widths = HEAD.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return WORDS.has(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${title}\n${lines.join('\n')}\n`;
}

function row({ name, unit, ours, peer, target }: Measure): string[] {
  const pairs = ours.map((value, round) => ({ ours: value, peer: peer[round] ?? NaN }));
  const ratios = pairs.map((pair) => pair.ours / pair.peer);
  const met = target.met({
    ratio: median(ratios),
    difference: median(pairs.map((pair) => pair.ours - pair.peer)),
    ours: median(ours),
  });
  return [
    name,
    String(ours.length),
    `${withSpread(ours)} ${unit}`,
    peer.length === 0 ? '-' : `${withSpread(peer)} ${unit}`,
    target.absolute ? '-' : `${median(ratios).toFixed(2)} ± ${spread(ratios).toFixed(2)}`,
    target.text,
    met ? 'ok' : 'MISSED',
  ];
}

function withSpread(values: readonly number[]): string {
  const middle = median(values);
  const digits = middle >= 100 ? 0 : 1;
  return `${middle.toFixed(digits)} ± ${spread(values).toFixed(digits)}`;
}
