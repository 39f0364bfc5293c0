import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { eventually, leftovers } from '../support/data-folder.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { faultsIn } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';

const MiB = 1024 * 1024;
const proxy = await FaultyProxy.open();
const scenario = cliScenario({ DISTGIT_LOOKASIDE_MAX_UPLOAD_SIZE: '8 MiB' }, proxy);
beforeEach(() => proxy.forget());
afterAll(() => proxy.close());

/** Ann's clone of a new component with a large file `name` in it. */
async function copyWith(name: string, size = 4 * MiB) {
  const { folder: cwd, component } = await scenario.annCopy();
  const content = randomBytes(size);
  await writeFile(join(cwd, name), content);
  proxy.forget();
  return { cwd, component, content };
}

describe('an upload', () => {
  it('asks first, then sends each byte once', async () => {
    const { cwd, content } = await copyWith('once.tar');
    await scenario.ann.must(['new-sources', 'once.tar'], { cwd });
    expect(proxy.of('HEAD', /once/)).toMatchObject([{ status: 404 }]);
    expect(proxy.of('PUT', /once/)).toMatchObject([{ status: 201, received: content.length }]);
    expect(proxy.of('PUT', /once/)[0]?.headers.expect).toBe('100-continue');
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toContain(sha512(content));
  });

  it('of a file that the cache has sends nothing', async () => {
    const { cwd } = await copyWith('again.tar');
    await scenario.ann.must(['new-sources', 'again.tar'], { cwd });
    proxy.forget();
    await scenario.ann.must(['new-sources', 'again.tar'], { cwd });
    expect(proxy.of('HEAD', /again/)).toMatchObject([{ status: 200 }]);
    expect(proxy.of('PUT', /./)).toEqual([]);
  });

  it('without permission is refused before its first byte: exit status 4', async () => {
    const { cwd } = await copyWith('refused.tar');
    const env = { CENTPKG_URL: proxy.url, CENTPKG_TOKEN: scenario.people.stranger };
    const { code, stdout, stderr } = await scenario.ann.run(['upload', 'refused.tar'], {
      cwd,
      env,
    });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(
      /^error: refused\.tar: SIG sclo has not approved sam for \S+ \[commit-approved\]$/m,
    );
    expect(stderr).toMatch(/^to do: Ask for it: centpkg request access --sig sclo/m);
    expect(proxy.of('PUT', /refused/)).toMatchObject([{ status: 403, received: 0 }]);
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).toBe('?? refused.tar\n');
  });

  it('without a login, or with a wrong token, is refused before its first byte: 4', async () => {
    const { cwd, component } = await copyWith('nobody.tar');
    for (const env of [{ CENTPKG_TOKEN: 'wrong' }, { XDG_CONFIG_HOME: '/nonexistent' }]) {
      const { code, stderr } = await scenario.ann.run(['upload', 'nobody.tar'], { cwd, env });
      expect(code).toBe(4);
      expect(stderr).toMatch(/^to do: .*(token|[Ll]og in)/m);
    }
    expect(proxy.of('PUT', /nobody/).every(({ received }) => received === 0)).toBe(true);
    expect(await scenario.cached(component)).toEqual([]);
  });

  it('over the limit of the server is refused before its first byte: 6', async () => {
    const { cwd } = await copyWith('over.tar', 8 * MiB + 1);
    const { code, stderr } = await scenario.ann.run(['upload', 'over.tar'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining('larger than the limit') as string,
    });
    expect(proxy.of('PUT', /over/)).toMatchObject([{ status: 413, received: 0 }]);
  });
});

describe('an upload through a connection that is cut', () => {
  it('exits with 7, leaves nothing behind on either side, and succeeds when repeated', async () => {
    const { cwd, component, content } = await copyWith('cut.tar');
    const before = await readFile(join(cwd, 'sources'), 'utf8');
    proxy.break('PUT', /cut/, { kind: 'cut-request', after: MiB });
    const { code, stdout, stderr } = await scenario.ann.run(['new-sources', 'cut.tar'], { cwd });
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
    expect(stderr).toMatch(/^error: .+\nto do: .+\n$/);
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toBe(before);
    const { data } = scenario.server;
    expect(await eventually(async () => (await leftovers(data)).length === 0)).toBe(true);
    expect(await scenario.cached(component)).toEqual([]);

    await scenario.ann.must(['new-sources', 'cut.tar'], { cwd });
    expect(await scenario.cached(component)).toEqual(['cut.tar']);
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toContain(sha512(content));
  });

  it('is told with the name of the file', async () => {
    const { cwd } = await copyWith('named.tar');
    proxy.break('PUT', /named/, { kind: 'cut-request', after: MiB });
    const { stderr } = await scenario.ann.run(['new-sources', 'named.tar'], { cwd });
    expect(stderr).toMatch(/^error: .*named\.tar/m);
  });

  it('while the answer comes exits with 7, and the repeat finds the file there', async () => {
    const { cwd } = await copyWith('answer.tar');
    proxy.break('PUT', /answer/, { kind: 'cut-answer', after: 3 });
    const { code, stderr } = await scenario.ann.run(['new-sources', 'answer.tar'], { cwd });
    expect(code).toBe(7);
    expect(stderr).not.toContain('fault of centpkg');
    const { stderr: second } = await scenario.ann.run(['new-sources', 'answer.tar'], { cwd });
    expect(second).toBe('answer.tar: is in the look-aside cache already\n');
  });

  it('keeps what the other files have reached, and does not touch sources', async () => {
    const { cwd, component } = await copyWith('one.tar', 10);
    await writeFile(join(cwd, 'two.tar'), randomBytes(MiB));
    proxy.break('PUT', /two/, { kind: 'cut-request', after: 1000 });
    const args = ['new-sources', 'one.tar', 'two.tar'];
    expect((await scenario.ann.run(args, { cwd })).code).toBe(7);
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toBe('');
    expect(await scenario.cached(component)).toEqual(['one.tar']);
    await scenario.ann.must(args, { cwd });
    expect(proxy.of('PUT', /one/)).toHaveLength(1);
  });
});

describe('an upload through a proxy', () => {
  const page = '<html><body>502 Bad Gateway</body></html>';

  it.each(['HEAD', 'PUT'])(
    'that answers %s with 502 and a page exits with 7 and shows no page',
    async (method) => {
      const { cwd } = await copyWith('page.tar', 1000);
      proxy.break(method, /page/, { kind: 'answer', status: 502, body: page });
      const { code, stdout, stderr } = await scenario.ann.run(['upload', 'page.tar'], { cwd });
      expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
      expect(stderr).toMatch(/^error: [^<>]*502[^<>]*\nto do: [^<>]+\n$/);
    },
  );

  it('that loses "100 Continue" is sent all the same after a moment', async () => {
    const { cwd, content } = await copyWith('lost.tar', 1000);
    proxy.break('PUT', /lost/, { kind: 'lose-continue' });
    const { code, stderr } = await scenario.ann.run(['upload', 'lost.tar'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(proxy.of('PUT', /lost/)).toMatchObject([{ received: content.length }]);
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
