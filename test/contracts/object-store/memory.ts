import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { residentMemory } from '../../support/process-memory.ts';
import { keyOf, mtime, type StoreKind, someBytes, world } from './world.ts';

const MIB = 1024 * 1024;
const SIZE_MIB = 500;
/** What the collector of garbage lets gather before it comes, on a machine that has other work. */
const GROWTH_MIB = 200;

export function memoryContract(kind: StoreKind): void {
  describe('memory', () => {
    const here = world(kind);

    it('stays the same while a large object is stored and read', async () => {
      const piece = someBytes(MIB);
      const start = residentMemory(process.pid);
      let peak = 0;
      const look = (): void => {
        peak = Math.max(peak, residentMemory(process.pid));
      };
      const sent = createHash('sha256');
      async function* body() {
        for (let n = 0; n < SIZE_MIB; n++) {
          piece.writeUInt32BE(n);
          sent.update(piece);
          yield Buffer.from(piece);
          if (n % 10 === 0) look();
        }
      }
      const key = keyOf('large');
      const info = await here.store.put(key, body(), mtime);
      expect(info.size).toBe(SIZE_MIB * MIB);
      const received = createHash('sha256');
      const opened = await here.store.get(key);
      for await (const chunk of opened?.body ?? []) {
        received.update(chunk as Buffer);
        look();
      }
      expect(received.digest('hex')).toBe(sent.digest('hex'));
      expect(start).toBeGreaterThan(0);
      expect(peak - start).toBeLessThan(GROWTH_MIB);
    });
  });
}
