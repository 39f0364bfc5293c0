import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frameHead } from '../../../core/api/ssh-session.ts';

describe('the frames of an SSH session', () => {
  it('come out as they went in, however they were cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            channel: fc.integer({ min: 1, max: 3 }),
            bytes: fc.uint8Array({ maxLength: 50 }),
          }),
        ),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (frames, cuts) => {
          const wire = Buffer.concat(
            frames.flatMap(({ channel, bytes }) => [frameHead(channel, bytes.length), bytes]),
          );
          const got: number[] = [];
          const reader = new FrameReader((channel, piece) => {
            for (const byte of piece) got.push(channel, byte);
          });
          for (let at = 0, n = 0; at < wire.length; n++) {
            const end = at + (cuts[n % cuts.length] ?? 1);
            reader.read(wire.subarray(at, end));
            at = end;
          }
          const sent = frames.flatMap(({ channel, bytes }) =>
            [...bytes].flatMap((b) => [channel, b]),
          );
          expect(got).toEqual(sent);
        },
      ),
    );
  });
});
