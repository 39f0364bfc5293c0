import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PushAdvice } from '../../server/pushes/push-advice.ts';
import type { PushStage } from '../../server/pushes/receive-pack.ts';
import { FLUSH, pktLine, sideBandText } from '../support/git-wire.ts';

const ADVICE = {
  unpacking: '"git fsck" in your clone names the bad objects',
  allowed: 'Somebody else pushed in the same moment',
} as const;
const STAGES = ['unpacking', 'allowed'] as const;

/** What comes out when the answer is cut at these places. */
async function through(
  answer: Buffer,
  cuts: readonly number[],
  stage: PushStage,
  advertises = false,
): Promise<Buffer> {
  const ends = [...new Set(cuts.map((cut) => cut % (answer.length + 1)))].sort((a, b) => a - b);
  const pieces: Buffer[] = [];
  let at = 0;
  for (const end of [...ends, answer.length]) {
    if (end > at) pieces.push(answer.subarray(at, end));
    at = end;
  }
  const source = Readable.from(pieces, { objectMode: false });
  return Buffer.concat(await source.pipe(new PushAdvice(async () => stage, advertises)).toArray());
}

const band = (channel: number, text: string): Buffer =>
  pktLine(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
/** A push that git refused: its words, then the report, then the end. */
const REFUSED = Buffer.concat([
  band(2, 'error: object 1234: missingEmail\nfatal: fsck error in packed object\n'),
  band(1, '0027unpack index-pack abnormal exit\n0000'),
  FLUSH,
]);
const cuts = fc.array(fc.nat(), { maxLength: 20 });

describe('the advice for a push that git itself refused', () => {
  it('comes right before the end, on the side band, however the answer is cut', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom(...STAGES), async (places, stage) => {
        const answer = await through(REFUSED, places, stage);
        const head = REFUSED.subarray(0, -4);
        expect(answer.subarray(0, head.length)).toEqual(head);
        expect(answer.subarray(-4)).toEqual(FLUSH);
        const added = answer.subarray(head.length, -4);
        expect(Number.parseInt(added.toString('latin1', 0, 4), 16)).toBe(added.length);
        expect(added[4]).toBe(2);
        expect(sideBandText(added)).toContain(ADVICE[stage]);
      }),
      { numRuns: 200 },
    );
  });

  it('comes for an answer byte by byte', async () => {
    const everywhere = Array.from(REFUSED, (_, index) => index);
    for (const stage of STAGES)
      expect(sideBandText(await through(REFUSED, everywhere, stage))).toContain(ADVICE[stage]);
  });

  it.each(['refused', 'moved'] as const)('does not come where the push was %s', async (stage) => {
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        expect(await through(REFUSED, places, stage)).toEqual(REFUSED);
      }),
    );
  });

  it.each([
    ['without side bands', Buffer.from('000eunpack ok\n0019ng refs/heads/x no\n0000')],
    ['that is nothing but an end', FLUSH],
    ['that is empty', Buffer.alloc(0)],
    ['that is too short for an end', Buffer.from('000')],
    ['that ends in something else', Buffer.concat([REFUSED, Buffer.from('x')])],
  ])('does not come into an answer %s', async (_, answer) => {
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        expect(await through(answer, places, 'unpacking')).toEqual(answer);
      }),
      { numRuns: 30 },
    );
  });

  it('comes the same way behind an advertisement of refs in the same stream, as over SSH', async () => {
    const refs = Buffer.concat([
      pktLine(`${'1'.repeat(40)} refs/heads/a\0report-status side-band-64k\n`),
      pktLine(`${'2'.repeat(40)} refs/heads/b\n`),
      FLUSH,
    ]);
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom(...STAGES), async (places, stage) => {
        const answer = await through(Buffer.concat([refs, REFUSED]), places, stage, true);
        expect(answer).toEqual(Buffer.concat([refs, await through(REFUSED, [], stage)]));
        // The client went away, or had nothing to push.
        expect(await through(refs, places, stage, true)).toEqual(refs);
        const cut = refs.subarray(0, -7);
        expect(await through(cut, places, stage, true)).toEqual(cut);
      }),
      { numRuns: 100 },
    );
  });

  it('is chosen at the end, when it is known how far the push came', async () => {
    let stage: PushStage = 'refused';
    const advice = new PushAdvice(async () => stage);
    const out = advice.toArray();
    advice.write(REFUSED);
    stage = 'unpacking';
    advice.end();
    expect(sideBandText(Buffer.concat(await out))).toContain(ADVICE.unpacking);
  });

  it('is ASCII, in whole lines', async () => {
    for (const stage of STAGES)
      expect(sideBandText(await through(REFUSED, [], stage))).toMatch(/^[\n\x20-\x7e]*\n$/);
  });
});
