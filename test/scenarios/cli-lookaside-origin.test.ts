import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { GpgUser } from '../support/gpg.ts';
import { sha512 } from '../support/sclo.ts';

const scenario = cliScenario();
const CONTENT = 'what the upstream published\n';
const URL = 'https://www.example.org/ftp/a.tar';
let upstream: GpgUser;
let folder: string;

beforeAll(async () => {
  upstream = await GpgUser.at(scenario.path('upstream'), 'upstream');
  ({ folder } = await scenario.annCopy());
  await writeFile(join(folder, 'a.tar'), CONTENT);
  await scenario.ann.must(['new-sources', 'a.tar'], { cwd: folder });
  const name = folder.split('/').at(-1) ?? '';
  await writeFile(join(folder, `${name}.spec`), `Name: ${name}\n`);
  await writeFile(join(folder, 'upstream.asc'), upstream.publicKey);
  await writeFile(join(folder, 'a.tar.asc'), await upstream.sign(CONTENT));
  await writeFile(join(folder, 'bad.asc'), await upstream.sign('something else'));
  await scenario.ann.does('git', ['add', 'upstream.asc', `${name}.spec`], { cwd: folder });
  await scenario.ann.must(['commit', '-m', 'Keys of the upstream'], { cwd: folder });
  await scenario.ann.must(['push'], { cwd: folder });
});
afterAll(() => upstream.stop());

const origin = (...args: string[]) =>
  scenario.ann.run(['lookaside', 'origin', 'a.tar', ...args], { cwd: folder });

describe('centpkg lookaside origin', () => {
  it('records where a file came from, and the verdict on its signature', async () => {
    const done = await origin(
      '--url',
      URL,
      '--signature',
      'a.tar.asc',
      '--keyring',
      'upstream.asc',
    );
    expect(done).toMatchObject({
      code: 0,
      stdout: `file:      a.tar\nfrom:      ${URL}\nsignature: good, by ${upstream.fingerprint}\n`,
    });
    const plain = await origin('--url', URL);
    expect(plain.stdout).toContain('signature: none was given');
  });

  it('fails on a bad signature', async () => {
    const done = await origin('--url', URL, '--signature', 'bad.asc', '--keyring', 'upstream.asc');
    expect([done.code, done.stderr]).toEqual([
      6,
      'error: The signature of a.tar is bad.\nto do: Do not use the file.\n',
    ]);
  });

  it('says what is missing', async () => {
    expect((await origin()).stderr).toContain('--url is missing.');
    const half = await origin('--url', URL, '--keyring', 'upstream.asc');
    expect([half.code, half.stderr]).toEqual([
      2,
      expect.stringContaining('--signature and --keyring belong together.'),
    ]);
    const none = await origin('--url', URL, '--signature', 'none', '--keyring', 'upstream.asc');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('none can not be read.')]);
    const unknown = ['lookaside', 'origin', 'b.tar', '--url', URL];
    expect(await scenario.ann.run(unknown, { cwd: folder })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('sources does not name b.tar.'),
    });
  });
});

describe('centpkg lookaside statement', () => {
  it('prints an in-toto statement', async () => {
    const args = ['lookaside', 'statement', 'a.tar'];
    const text = await scenario.ann.must(args, { cwd: folder });
    expect(JSON.parse(text)).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'a.tar', digest: { sha512: sha512(CONTENT) } }],
      predicate: { uploadedBy: 'ann', usedBy: [{ ref: 'refs/heads/scl-python33-el7' }] },
    });
  });
});
