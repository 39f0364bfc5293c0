import { describe, expect, it } from 'vitest';
import type { DistGitError } from '../../core/api/distgit-error.ts';
import { whyFailed } from '../../server/builds/finish-build.ts';
import type { Hub } from '../../server/koji/hub.ts';
import { FAULT, faultError } from '../../server/koji/koji-fault.ts';
import type { Koji } from '../../server/koji/open-koji.ts';

const asked = (fault: DistGitError): Promise<string> => {
  const read = async (): Promise<never> => {
    throw fault;
  };
  const hub = { read } as unknown as Hub;
  return whyFailed({ koji: { hub: () => hub } as Koji }, 1);
};

describe('why a task failed', () => {
  it('is not known where Koji can not read the result itself: the build ends all the same', async () => {
    const broken = faultError({ code: FAULT.python, words: 'not well-formed' });
    expect(await asked(broken)).toBe('Koji gave no reason.');
  });

  it('is asked again where Koji was away', async () => {
    const away = faultError({ code: FAULT.offline, words: 'database outage' });
    await expect(asked(away)).rejects.toBe(away);
  });
});
