import { describe } from 'vitest';
import { brokenBodyContract } from './object-store/broken-bodies.ts';
import { immutabilityContract } from './object-store/immutability.ts';
import { keyContract } from './object-store/keys.ts';
import { memoryContract } from './object-store/memory.ts';
import { outageContract } from './object-store/outages.ts';
import { readingContract } from './object-store/reading.ts';
import type { StoreKind } from './object-store/world.ts';

/** The contract in `server/storage/object-store.ts`; every store passes all of it. */
export function objectStoreContract<Outage extends string>(
  name: string,
  kind: StoreKind<Outage>,
): void {
  describe(name, () => {
    readingContract(kind);
    immutabilityContract(kind);
    brokenBodyContract(kind);
    outageContract(kind);
    keyContract(kind);
    memoryContract(kind);
  });
}
