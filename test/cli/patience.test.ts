import { describe, expect, it } from 'vitest';
import { Patience } from '../../cli/api-client/patience.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ErrorCode } from '../../core/api/error-table.ts';

const { signal } = new AbortController();
const error = (code: ErrorCode): DistGitError => new DistGitError(code, code);

/** How often it goes on after `code` before it gives up; `between` happens before each. */
async function tries(code: ErrorCode, between: (patience: Patience, n: number) => void = () => {}) {
  const patience = new Patience(0);
  const said: string[] = [];
  for (let n = 0; ; n++)
    try {
      between(patience, n);
      await patience.wait(error(code), (text) => said.push(text), signal);
      if (n === 100) return { n, said };
    } catch {
      return { n, said };
    }
}

describe('the patience with an upload', () => {
  it('ends after some tries that bring nothing, and says each', async () => {
    for (const code of ['unavailable', 'client_gone', 'conflict'] as const) {
      const { n, said } = await tries(code);
      expect(n).toBe(7);
      expect(said[0]).toBe('broken off, trying again (1 of 7)');
      expect(said).toHaveLength(7);
    }
  });

  it('does not end as long as it comes forward', async () => {
    const { n } = await tries('unavailable', (patience, n) => patience.reached(n * 2 ** 31));
    expect(n).toBe(100);
  });

  it('ends where the server stands still or goes back', async () => {
    expect((await tries('unavailable', (patience) => patience.reached(5))).n).toBe(7);
    expect((await tries('unavailable', (patience, n) => patience.reached(-n))).n).toBe(7);
  });

  it('waits for a server that is at work, and says so once', async () => {
    const { n, said } = await tries('locked');
    expect(n).toBe(100);
    expect(said).toEqual(['the server is still at work on it, waiting']);
  });

  it.each<ErrorCode>([
    'not_allowed',
    'credential_invalid',
    'checksum_mismatch',
    'storage_full',
    'too_large',
    'not_found',
    'internal',
  ])('is none with %s', async (code) => {
    expect((await tries(code)).n).toBe(0);
  });

  it('is none with what is not an error of ours, which is thrown as it is', async () => {
    const fault = new TypeError('x');
    await expect(new Patience(0).wait(fault, () => {}, signal)).rejects.toBe(fault);
  });

  it('ends at once when the user stops it', async () => {
    const controller = new AbortController();
    const waiting = new Patience(60_000).wait(error('unavailable'), () => {}, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
  });
});
