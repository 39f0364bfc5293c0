import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../core/access/principal.ts';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { authenticate } from '../../server/identity/authenticate.ts';
import type { Authenticator } from '../../server/identity/authenticator.ts';
import { FailedLogins, limitPasswords } from '../../server/identity/failed-logins.ts';
import { RememberedPasswords } from '../../server/identity/remembered-passwords.ts';
import { user } from '../core/support/access-world.ts';

/** A clock that stands until it is moved. */
function counted() {
  const clock = { now: 1000 };
  return { clock, failed: new FailedLogins(() => clock.now) };
}
function tried(failed: FailedLogins, account: string, address: string, right: boolean): boolean {
  try {
    failed.begin(account, address);
  } catch (error) {
    expect((error as DistGitError).code).toBe('too_many_attempts');
    return false;
  }
  failed.end(account, address, right);
  return true;
}
/** How many seconds the account has to wait from that address. */
function waitOf(failed: FailedLogins, account: string, address: string): number {
  try {
    failed.begin(account, address);
  } catch (error) {
    return (error as DistGitError).detail.retryAfter ?? Number.NaN;
  }
  failed.end(account, address, null);
  return 0;
}

describe('wrong passwords of one account', () => {
  it('are answered five times; then each doubles the wait, up to a minute', () => {
    const { clock, failed } = counted();
    for (let times = 0; times < 5; times++) expect(tried(failed, 'ann', '::1', false)).toBe(true);
    const waits: number[] = [];
    for (let times = 0; times < 9; times++) {
      const wait = waitOf(failed, 'ann', '::1');
      waits.push(wait);
      expect(tried(failed, 'ann', '::1', true)).toBe(false);
      clock.now += wait;
      expect(tried(failed, 'ann', '::1', false)).toBe(true);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('count from every address, and are no matter of other accounts', () => {
    const { failed } = counted();
    for (let times = 0; times < 5; times++) tried(failed, 'ann', `192.0.2.${times}`, false);
    expect(waitOf(failed, 'ann', '192.0.2.99')).toBe(1);
    expect(waitOf(failed, 'bob', '192.0.2.1')).toBe(0);
  });

  it('are forgotten with a right one, and with time', () => {
    const { clock, failed } = counted();
    for (let times = 0; times < 4; times++) tried(failed, 'ann', '::1', false);
    tried(failed, 'ann', '::1', true);
    for (let times = 0; times < 4; times++) expect(tried(failed, 'ann', '::1', false)).toBe(true);
    clock.now += 16 * 60;
    for (let times = 0; times < 5; times++) expect(tried(failed, 'ann', '::1', false)).toBe(true);
    expect(waitOf(failed, 'ann', '::1')).toBe(1);
  });
});

describe('wrong passwords from one address', () => {
  it('are slowed down though each is for another account', () => {
    const { clock, failed } = counted();
    for (let times = 0; times < 50; times++)
      expect(tried(failed, `user${times}`, '192.0.2.1', false)).toBe(true);
    expect(waitOf(failed, 'ann', '192.0.2.1')).toBe(1);
    expect(waitOf(failed, 'ann', '192.0.2.2')).toBe(0);
    clock.now += 1;
    // A right one in between does not give the guesses back.
    expect(tried(failed, 'mallory', '192.0.2.1', true)).toBe(true);
    tried(failed, 'user1', '192.0.2.1', false);
    expect(waitOf(failed, 'ann', '192.0.2.1')).toBe(2);
  });

  it('do not go through by being sent all at once', () => {
    const { failed } = counted();
    for (let times = 0; times < 50; times++) failed.begin(`user${times}`, '192.0.2.1');
    expect(() => failed.begin('user50', '192.0.2.1')).toThrow('Too many wrong passwords');
  });
});

it('what is counted does not grow with what is sent', () => {
  const { failed } = counted();
  for (let times = 0; times < 25_000; times++)
    tried(failed, `user${times}`, `address${times}`, false);
  expect(failed.size).toBe(20_000);
});

describe('a limit around a way to log in', () => {
  const basic = (name: string, password: string): string =>
    `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  function under(answer: (authorization: string) => Promise<null> | never) {
    const calls: string[] = [];
    let now = 0;
    let most = 0;
    const inner: Authenticator = {
      name: 'inner',
      challenges: ['Basic realm="r"'],
      async authenticate({ authorization }) {
        calls.push(authorization ?? '');
        most = Math.max(most, ++now);
        try {
          await new Promise((resolve) => setImmediate(resolve));
          if (authorization === basic('ann', 'right')) return user();
          return await answer(authorization ?? '');
        } finally {
          now--;
        }
      },
    };
    const limited = limitPasswords(inner);
    const ask = (authorization: string | null, address = '192.0.2.1') =>
      authenticate([limited], { authorization, address }).then(
        (principal) => (principal === ANONYMOUS ? 'anonymous' : 'user'),
        (error: unknown) => (error as DistGitError).code,
      );
    return { ask, calls, most: () => most, limited };
  }
  const wrong = () => fail('credential_invalid', 'wrong');

  it('tries the passwords of one account one after another, and no more than it may', async () => {
    const { ask, calls, most } = under(wrong);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask(basic('ann', `guess${index}`))),
    );
    expect(answers.filter((one) => one === 'credential_invalid')).toHaveLength(5);
    expect(answers.filter((one) => one === 'too_many_attempts')).toHaveLength(15);
    expect([calls.length, most()]).toEqual([5, 1]);
    expect(await ask(basic('ann', 'right'))).toBe('too_many_attempts');
  });

  it('lets many right ones of one account through', async () => {
    const { ask } = under(wrong);
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(basic('ann', 'right'))));
    expect(new Set(answers)).toEqual(new Set(['user']));
  });

  it('counts no outage, and nothing but passwords', async () => {
    const away = under(() => fail('unavailable', 'away'));
    for (let times = 0; times < 20; times++)
      expect(await away.ask(basic('ann', 'x'))).toBe('unavailable');
    const others = under(wrong);
    for (let times = 0; times < 60; times++) {
      expect(await others.ask('Bearer x')).toBe('credential_invalid');
      expect(await others.ask(basic('ann', 'sclt_x'))).toBe('credential_invalid');
    }
    expect(await others.ask(basic('ann', 'right'))).toBe('user');
    expect(others.limited).toMatchObject({ name: 'inner', challenges: ['Basic realm="r"'] });
  });

  it.each([
    ['192.0.2.1', 50],
    ['2001:db8::1', 50],
    ['::ffff:192.0.2.1', 50],
    // A front on this machine: everybody's address.
    ['127.0.0.1', 60],
    ['::ffff:127.0.0.1', 60],
    ['::1', 60],
  ])('takes from %s, each for another account, %i wrong ones', async (address, taken) => {
    const { ask } = under(wrong);
    const answers: string[] = [];
    for (let times = 0; times < 60; times++)
      answers.push(await ask(basic(`user${times}`, 'x'), address));
    expect(answers.filter((one) => one === 'credential_invalid')).toHaveLength(taken);
  });

  it('refuses more than a few that wait', async () => {
    const { ask, calls } = under(wrong);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => ask(basic('ann', 'right'))),
    );
    expect(answers.filter((one) => one === 'user')).toHaveLength(50);
    expect(calls).toHaveLength(50);
  });
});

describe('a password that was right', () => {
  it('is known for the user it was of, and no other one is', () => {
    const remembered = new RememberedPasswords(60);
    remembered.remember('ann', 'right');
    expect(remembered.knows('ann', 'right')).toBe(true);
    for (const [name, password] of [
      ['ann', 'wrong'],
      ['ann', ''],
      ['ann', 'right '],
      ['bob', 'right'],
    ] as const)
      expect(remembered.knows(name, password)).toBe(false);
    remembered.remember('ann', 'new');
    expect([remembered.knows('ann', 'right'), remembered.knows('ann', 'new')]).toEqual([
      false,
      true,
    ]);
  });

  it('is not remembered where that is switched off, and not among too many', () => {
    const never = new RememberedPasswords(0);
    never.remember('ann', 'right');
    expect(never.knows('ann', 'right')).toBe(false);
    const many = new RememberedPasswords(60);
    for (let index = 0; index <= 10_000; index++) many.remember(`user${index}`, 'x');
    expect([many.knows('user0', 'x'), many.knows('user10000', 'x')]).toEqual([false, true]);
  });
});
