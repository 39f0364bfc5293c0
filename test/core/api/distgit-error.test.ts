import { describe, expect, it } from 'vitest';
import { DistGitError, fail } from '../../../core/api/distgit-error.ts';
import { ERROR_TABLE, type ErrorCode } from '../../../core/api/error-table.ts';
import { refusal } from '../support/outcomes.ts';

const CODES = Object.keys(ERROR_TABLE) as ErrorCode[];

describe('the one error', () => {
  it.each(CODES)('%s is known to HTTP and to the CLI, and has a summary', (code) => {
    const { kind } = new DistGitError(code, 'It rains.');
    expect(kind).toBe(ERROR_TABLE[code]);
    expect(kind.http).toBeGreaterThanOrEqual(400);
    expect(kind.http).toBeLessThan(600);
    expect([1, 2, 3, 4, 5, 6, 7, 130]).toContain(kind.exit);
    expect(kind.summary).toMatch(/^[A-Z].*[a-z]$/);
  });

  it('is retried only where it may pass by itself', () => {
    const retried = CODES.filter((code) => ERROR_TABLE[code].retryable);
    expect(retried).toEqual(['too_many_attempts', 'locked', 'unavailable', 'client_gone']);
  });

  it('keeps its detail and its cause, and is an Error', () => {
    const cause = new Error('disk');
    const error = new DistGitError('storage_full', 'No room.', { detail: { rule: 'x' }, cause });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.cause]).toEqual(['DistGitError', 'No room.', cause]);
    expect(error.detail).toEqual({ rule: 'x' });
  });

  it('has no cause and no detail where none was given', () => {
    const error = new DistGitError('conflict', 'Taken.');
    expect('cause' in error).toBe(false);
    expect(error.detail).toEqual({});
  });

  it('is thrown with a fact and what to do about it', () => {
    expect(refusal(() => fail('not_found', 'None.', 'Look again.')).detail).toEqual({
      remedy: 'Look again.',
    });
    expect(refusal(() => fail('not_found', 'None.')).detail).toEqual({});
  });
});
