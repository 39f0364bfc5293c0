import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedBy } from './support/run-command.ts';

const until = async (text: string): Promise<unknown> =>
  (await askedBy('sig approve', ['sclo', 'ann'], { until: text })).until;
const expires = async (text: string | undefined): Promise<unknown> =>
  (await askedBy('token create', [], { expires: text })).expiresInDays;

describe('--until', () => {
  it('of a day is the end of that day, for every day that there is', async () => {
    const days = fc.date({
      min: new Date('2000-01-01'),
      max: new Date('2999-12-31'),
      noInvalidDate: true,
    });
    await fc.assert(
      fc.asyncProperty(days, async (date) => {
        const day = date.toISOString().slice(0, 10);
        expect(await until(day)).toBe(`${day}T23:59:59.000Z`);
      }),
    );
  });

  it.each([
    ['2027-01-31T10:00:00Z', '2027-01-31T10:00:00.000Z'],
    ['2027-01-31T10:00:00+02:00', '2027-01-31T08:00:00.000Z'],
    ['2027-01-31T10:00:00.5Z', '2027-01-31T10:00:00.500Z'],
  ])('of a moment %s is %s', async (text, moment) => {
    expect(await until(text)).toBe(moment);
  });

  it.each(['2027-02-30', '2027-13-01', '2027-00-10', '2027-04-31', '2100-02-29'])(
    '%s is refused: there is no such day',
    async (text) => {
      await expect(until(text)).rejects.toMatchObject({ code: 'usage' });
    },
  );

  it.each([
    '',
    '1',
    '2027',
    'tomorrow',
    '31.1.2027',
    '1/2/2027',
    'Jan 31 2027',
    '3 days',
    '2027-1-31',
    '+010000-01-01',
    '2027-01-31 10:00',
  ])('%j is refused: it is not written as a date', async (text) => {
    await expect(until(text)).rejects.toMatchObject({ code: 'usage' });
  });

  it('that is not given is none', async () => {
    expect((await askedBy('sig approve', ['sclo', 'ann'], {})).until).toBeUndefined();
  });
});

describe('--expires', () => {
  it('is a number of days, with or without "d"', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(9999), async (days) => {
        expect(await expires(String(days))).toBe(days);
        expect(await expires(`${days}d`)).toBe(days);
      }),
    );
  });

  it('"never" is no end, and nothing is what the server does of its own', async () => {
    expect(await expires('never')).toBeNull();
    expect(await expires(undefined)).toBeUndefined();
  });

  it.each(['', 'd', '30 d', '30days', '-1', '1.5', '1e3', '0x10', '99999', 'Never', '2w', ' 30'])(
    '%j is refused',
    async (text) => {
      await expect(expires(text)).rejects.toMatchObject({ code: 'usage' });
    },
  );
});
