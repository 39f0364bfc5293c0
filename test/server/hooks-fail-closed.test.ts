import { chmod, cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, tryGit } from '../support/process.ts';
import { commitFiles, push, refsOf } from '../support/pushing.ts';
import { foundSclo, type Sclo, workingCopy } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const EL7 = 'HEAD:refs/heads/scl-python33-el7';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let hooks: string;
let server: TestServer;
let people: Sclo;
/** A copy of the server, because its hooks are to be broken. */
beforeAll(async () => {
  temporary = await temporaryFolder();
  const copy = join(temporary.path, 'copy');
  for (const part of ['core', 'server', 'package.json'])
    await cp(join(ROOT, part), join(copy, part), { recursive: true, verbatimSymlinks: true });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  hooks = join(copy, 'server/hooks/git');
  server = new TestServer(join(temporary.path, 'data'), {}, join(copy, 'server/main.ts'));
  await server.start();
  people = await foundSclo(server);
});
afterAll(async () => {
  await server.stop();
  await temporary[Symbol.asyncDispose]();
});

const aside = (): string => join(temporary.path, 'aside');
/** Each breaks the hooks and says how to repair them. */
const BREAKS: Record<string, () => Promise<() => Promise<void>>> = {
  'are not executable': async () => {
    await chmod(join(hooks, 'pre-receive'), 0o644);
    return () => chmod(join(hooks, 'pre-receive'), 0o755);
  },
  'lack pre-receive': async () => {
    await rename(join(hooks, 'pre-receive'), aside());
    return () => rename(aside(), join(hooks, 'pre-receive'));
  },
  'are in a folder that is gone': async () => {
    await rename(hooks, aside());
    return () => rename(aside(), hooks);
  },
  'are folders themselves': async () => {
    await rename(join(hooks, 'pre-receive'), aside());
    await mkdir(join(hooks, 'pre-receive'));
    return async () => {
      await rm(join(hooks, 'pre-receive'), { recursive: true });
      await rename(aside(), join(hooks, 'pre-receive'));
    };
  },
  'are links to nothing': async () => {
    await rename(join(hooks, 'pre-receive'), aside());
    await symlink('/nowhere', join(hooks, 'pre-receive'));
    return async () => {
      await rm(join(hooks, 'pre-receive'));
      await rename(aside(), join(hooks, 'pre-receive'));
    };
  },
  'need a program that is missing': async () => {
    await rename(join(hooks, 'pre-receive'), aside());
    await writeFile(join(hooks, 'pre-receive'), '#!/nowhere/sh\nexit 0\n', { mode: 0o755 });
    return async () => {
      await rm(join(hooks, 'pre-receive'));
      await rename(aside(), join(hooks, 'pre-receive'));
    };
  },
};

describe('a push to a server whose hooks', () => {
  it.each(Object.keys(BREAKS))('%s is refused, and taken when they are repaired', async (name) => {
    const folder = join(temporary.path, name);
    const copy = await workingCopy(server, folder, people.committer);
    await commitFiles(copy, { 'a.patch': `${name}\n` });
    const before = await refsOf(copy);
    const repair = await BREAKS[name]?.();
    const refused = await push(copy, [EL7]);
    const after = await refsOf(copy);
    await repair?.();
    expect(refused.code).not.toBe(0);
    expect(after).toBe(before);
    const { items } = await server.must('listPushes', { component: 'python' });
    expect(items.filter(({ state }) => state !== 'applied')).toEqual([]);
    expect((await push(copy, [EL7])).code).toBe(0);
  });

  it('are not executable says what is wrong, and serves whoever only reads', async () => {
    const copy = await workingCopy(server, join(temporary.path, 'reads'), people.committer);
    const repair = await BREAKS['are not executable']?.();
    const { stderr } = await push(copy, [EL7]);
    const fetched = await tryGit(copy, ['fetch', 'origin']);
    await repair?.();
    expect(stderr).toMatch(/503/);
    expect(fetched.code).toBe(0);
  });
});

describe('a push that goes round the server', () => {
  it('is refused, by whoever runs git on the repository itself', async () => {
    const copy = await workingCopy(server, join(temporary.path, 'round'), people.committer);
    const repository = join(server.data, 'repositories/python.git');
    const before = await refsOf(copy);
    const env = {
      GIT_CONFIG_GLOBAL: join(server.data, 'git/config'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_COMMITTER_NAME: 'x',
      GIT_COMMITTER_EMAIL: 'x@example.org',
    };
    const { code, stderr } = await run('git', ['-C', copy, 'push', repository, EL7], { env });
    expect(code).not.toBe(0);
    expect(stderr).toContain('pre-receive hook declined');
    expect(await refsOf(copy)).toBe(before);
  });
});
