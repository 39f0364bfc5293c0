import type { Filled, PartBuffers, PartReader } from './part-buffers.ts';

/** Parts of one body that may be on their way at once. */
const AT_ONCE = 5;

/** Where a body that is more than one part begins: its first part, and who reads the next. */
export interface FirstPart {
  /** Given back to the buffers by `sendParts`. */
  readonly buffer: Buffer;
  readonly filled: Filled;
  readonly reader: PartReader;
}

/**
 * Sends a body in parts: reads the next while others are on their way, and no further when one
 * fails. Nothing is on its way any more when it returns or throws.
 * @param begin returns what sends one part; numbers are from 1 on
 * @returns what the parts were answered with, in their order, and the bytes of the whole body
 * @throws what the body, `begin` or a part fails with
 */
export async function sendParts<Part>(
  { buffer, filled: first, reader }: FirstPart,
  buffers: PartBuffers,
  begin: () => Promise<(number: number, body: Buffer) => Promise<Part>>,
): Promise<{ readonly size: number; readonly parts: readonly Part[] }> {
  const parts: Part[] = [];
  const failures: unknown[] = [];
  const onTheirWay = new Set<Promise<void>>();
  const start = (sent: Promise<Part>, number: number, full: Buffer): void => {
    const sending = sent
      .then(
        (part) => {
          parts[number - 1] = part;
        },
        (error: unknown) => {
          failures.push(error);
        },
      )
      .finally(() => {
        onTheirWay.delete(sending);
        buffers.give(full);
      });
    onTheirWay.add(sending);
  };
  let size = 0;
  let held: Buffer | null = buffer;
  let filled = first;
  try {
    const send = await begin();
    for (let number = 1; failures.length === 0; number++) {
      const full: Buffer = held;
      held = null;
      size += filled.bytes;
      start(send(number, full.subarray(0, filled.bytes)), number, full);
      if (filled.ended) break;
      while (onTheirWay.size >= AT_ONCE) await Promise.race(onTheirWay);
      while (held === null) {
        held = onTheirWay.size === 0 ? buffers.takeFirst() : buffers.takeMore();
        if (held === null) await Promise.race(onTheirWay);
      }
      filled = await reader.fill(held);
      if (filled.ended && filled.bytes === 0) break;
    }
  } finally {
    await Promise.all(onTheirWay);
    if (held !== null) buffers.give(held);
  }
  if (failures.length > 0) throw failures[0];
  return { size, parts };
}
