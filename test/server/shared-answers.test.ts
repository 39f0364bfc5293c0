import { describe, expect, it } from 'vitest';
import { sharedAnswers } from '../../server/builds/shared-answers.ts';

const FOR_EVER = 3600_000;

/** Answers with how often it was asked; the first questions fail where that is wanted. */
function counting(failures = 0) {
  const asked: number[] = [];
  const ask = async (question: number): Promise<string> => {
    asked.push(question);
    const number = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (number <= failures) throw new Error('Koji is away');
    return `${question}: ${number}`;
  };
  return { asked, ask };
}

describe('an answer that is shared', () => {
  it('is asked for once by all who ask at the same time, and stands for a while', async () => {
    const { asked, ask } = counting();
    const shared = sharedAnswers(ask, FOR_EVER);
    const crowd = await Promise.all(Array.from({ length: 100 }, () => shared(7)));
    expect(new Set(crowd)).toEqual(new Set(['7: 1']));
    expect(await shared(7)).toBe('7: 1');
    expect(await shared(8)).toBe('8: 2');
    expect(asked).toEqual([7, 8]);
  });

  it('is asked for again when that while is over', async () => {
    const shared = sharedAnswers(counting().ask, 0);
    expect([await shared(7), await shared(7)]).toEqual(['7: 1', '7: 2']);
  });

  it('is no failure that has passed', async () => {
    const shared = sharedAnswers(counting(1).ask, FOR_EVER);
    const both = await Promise.allSettled([shared(7), shared(7)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await shared(7)).toBe('7: 2');
  });

  it('goes, the oldest first, where there are many', async () => {
    const { asked, ask } = counting();
    const shared = sharedAnswers(ask, FOR_EVER);
    for (let question = 0; question < 300; question++) await shared(question);
    await shared(299);
    expect(asked).toHaveLength(300);
    await shared(0);
    expect(asked).toHaveLength(301);
  });
});
