import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { parseSigName } from '../../core/domain/sig.ts';
import { loadSettings } from '../../server/config/load-settings.ts';
import { type Koji, openKoji } from '../../server/koji/open-koji.ts';
import { type HubForServer, hubForServer } from '../support/koji-scenario.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let stand: HubForServer;
beforeEach(async () => {
  folder = await temporaryFolder();
  stand = await hubForServer(join(folder.path, 'hub'));
});
afterEach(async () => {
  await stand[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const withSettings = (settings: Readonly<Record<string, string>>): Koji =>
  openKoji(loadSettings(null, settings).koji);

function problemsOf(act: () => unknown): readonly { path: string; message: string }[] {
  try {
    act();
  } catch (error) {
    if (error instanceof DistGitError) return error.detail.problems ?? [];
    throw error;
  }
  return expect.unreachable('It was not refused.');
}

describe('Koji of the settings', () => {
  it('is off without a URL, and says what a site admin has to set', async () => {
    const koji = withSettings({});
    expect(koji.isOn).toBe(false);
    let error: unknown;
    try {
      koji.hub();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DistGitError);
    expect(error).toMatchObject({ code: 'unavailable', message: 'This server has no Koji.' });
    expect((error as DistGitError).detail.remedy).toContain('url, certificate_file and key_file');
    await koji.close();
  });

  it('is one hub, logged in at with the first call and out of at the end', async () => {
    const koji = withSettings(stand.settings);
    expect(koji.isOn).toBe(true);
    expect(koji.hub()).toBe(koji.hub());
    expect(stand.hub.seen).toHaveLength(0);
    expect(await koji.hub().read('getLoggedInUser')).toMatchObject({ name: 'distgit' });
    expect(stand.hub.state.sessions.live).toHaveLength(1);
    await koji.close();
    expect(stand.hub.state.sessions.live).toHaveLength(0);
  });

  it('calls tags by the template, and the owner by the SIG', () => {
    const subject = { sig: 'sclo', collection: 'rh-python34', release: '7', vendor: 'rh' } as never;
    const sclo = parseSigName('sclo');
    const names = (settings: Record<string, string>) =>
      withSettings({ ...stand.settings, ...settings }).names(subject).target;
    expect(names({})).toBe('sclo7-rh-python34-rh-el7');
    expect(names({ DISTGIT_KOJI_NAMES: 'proposal' })).toBe('sclo-rh-python34-el7');
    expect(withSettings({}).ownerOf(sclo)).toBe('sclo');
    expect(withSettings({ DISTGIT_KOJI_OWNER: '{sig}-sig' }).ownerOf(sclo)).toBe('sclo-sig');
  });

  it('is by one account: a certificate, or a principal with its keytab', () => {
    const { DISTGIT_KOJI_URL: url = '' } = stand.settings;
    const paths = (settings: Record<string, string>): string[] =>
      problemsOf(() => withSettings(settings)).map(({ path }) => path);
    const principal = { DISTGIT_KOJI_PRINCIPAL: 'distgit/git.example.org@EXAMPLE.ORG' };
    const keytab = { DISTGIT_KOJI_KEYTAB_FILE: join(folder.path, 'distgit.keytab') };
    const at = { DISTGIT_KOJI_URL: url };
    expect(paths({ ...at, ...principal })).toEqual(['koji.keytab_file']);
    expect(paths({ ...at, ...keytab })).toEqual(['koji.principal']);
    expect(paths({ ...stand.settings, ...principal, ...keytab })).toEqual([
      'koji.certificate_file',
      'koji.key_file',
    ]);
    for (const bad of ['distgit', '@EXAMPLE.ORG', 'a/b/c@EXAMPLE.ORG', 'a b@EXAMPLE.ORG'])
      expect(paths({ ...at, ...keytab, DISTGIT_KOJI_PRINCIPAL: bad }), bad).toEqual([
        'koji.principal',
      ]);
  });

  it('is refused without a certificate, over plain HTTP, and with files that are not there', () => {
    const { DISTGIT_KOJI_URL: url = '' } = stand.settings;
    const paths = (settings: Record<string, string>): string[] =>
      problemsOf(() => withSettings(settings)).map(({ path }) => path);
    expect(paths({ DISTGIT_KOJI_URL: url })).toEqual(['koji.certificate_file', 'koji.key_file']);
    for (const bad of [
      'http://koji.example.org/kojihub',
      'https://user:password@koji.example.org/kojihub',
      'https://koji.example.org/kojihub?session-id=1',
      'koji.example.org',
    ])
      expect(paths({ ...stand.settings, DISTGIT_KOJI_URL: bad }), bad).toEqual(['koji.url']);
    for (const bad of [
      'koji.example.org',
      'https://user:password@koji.example.org/kojifiles',
      'https://koji.example.org/kojifiles?a=1',
      'https://koji.example.org/{{ a }}',
    ])
      expect(paths({ DISTGIT_KOJI_TOPURL: bad }), bad).toEqual(['koji.topurl']);
    expect(paths({ ...stand.settings, DISTGIT_KOJI_NAMES: 'fedora' })).toEqual(['koji.names']);
    expect(paths({ ...stand.settings, DISTGIT_KOJI_OWNER: 'a b' })).toEqual(['koji.owner']);
    const missing = join(folder.path, 'missing.pem');
    expect(
      problemsOf(() => withSettings({ ...stand.settings, DISTGIT_KOJI_CA_FILE: missing })),
    ).toEqual([{ path: 'koji.ca_file', message: `${missing} can not be read` }]);
  });
});
