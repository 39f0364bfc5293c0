import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { eventually } from '../support/data-folder.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { run } from '../support/process.ts';
import { buildSourceRpm, installRpmbuild } from '../support/rpmbuild.ts';

const proxy = await FaultyProxy.open();
const scenario = cliScenario({}, proxy);
beforeAll(() => installRpmbuild(), 300_000);
afterEach(() => proxy.forget());
afterAll(() => proxy.close());

let built = 0;

/** Ann's clone, with one commit of hers that an import replaces, and a package to import. */
async function prepared() {
  const { folder: cwd, component } = await scenario.annCopy();
  const { ann } = scenario;
  await writeFile(join(cwd, 'old.patch'), 'old\n');
  await writeFile(join(cwd, `${component}.spec`), `Name: ${component}\n`);
  await ann.git(cwd, 'add', '--all');
  await ann.git(cwd, 'commit', '--quiet', '--message', 'Before');
  const path = await buildSourceRpm(scenario.path(`built-${++built}`), {
    spec: `Name: python33-${component}\nVersion: 1\nRelease: 1.el7\nSummary: s\nLicense: MIT\nSource0: a.tar.gz\nSource1: new.patch\n%description\nd\n`,
    specName: `${component}.spec`,
    files: { 'a.tar.gz': randomBytes(400_000), 'new.patch': 'new\n' },
  });
  return { cwd, component, path };
}

async function stateOf(cwd: string) {
  const git = (...args: string[]) => scenario.ann.git(cwd, ...args);
  return {
    files: (await readdir(cwd)).sort(),
    head: await git('rev-parse', 'HEAD'),
    status: await git('status', '--porcelain'),
    index: await git('ls-files', '--stage'),
  };
}

const ended = async (child: ChildProcess): Promise<unknown[]> => {
  // Nobody reads what it has to say, and it must not wait for that.
  child.stdout?.resume();
  child.stderr?.resume();
  return child.exitCode === null && child.signalCode === null
    ? once(child, 'exit')
    : [child.exitCode, child.signalCode];
};

/** A `git` before the real one that waits in one subcommand until it is let go. */
async function holdGit(subcommand: string) {
  const [reached, go] = [scenario.path(`reached-${built}`), scenario.path(`go-${built}`)];
  const real = (await run('sh', ['-c', 'command -v git'])).stdout.trim();
  const path = join(scenario.ann.home, '.local/bin/git');
  const held = `case " $* " in *" ${subcommand} "*) touch '${reached}'; while [ ! -e '${go}' ]; do sleep 0.05; done;; esac`;
  await writeFile(path, `#!/bin/sh\n${held}\nexec '${real}' "$@"\n`);
  await chmod(path, 0o755);
  const isReached = () =>
    access(reached).then(
      () => true,
      () => false,
    );
  return {
    reached: async () => expect(await eventually(isReached, 120)).toBe(true),
    async go() {
      await writeFile(go, '');
      await rm(path);
    },
  };
}

describe('an import that is interrupted', () => {
  it.each([
    ['SIGINT', [130, null]],
    ['SIGTERM', [130, null]],
    ['SIGKILL', [null, 'SIGKILL']],
  ] as const)('in its upload by %s leaves all as it was, and runs again', async (signal, exit) => {
    const { cwd, component, path } = await prepared();
    const before = await stateOf(cwd);
    proxy.break('PUT', /a\.tar\.gz/, { kind: 'stall-request', after: 1000 });
    const child = scenario.ann.start(['import', path], cwd);
    const end = ended(child);
    expect(await eventually(() => proxy.of('PUT', /a\.tar\.gz/).length > 0, 120)).toBe(true);
    child.kill(signal);
    expect(await end).toEqual(exit);
    expect(await stateOf(cwd)).toEqual(before);
    expect(await scenario.cached(component)).toEqual([]);
    await scenario.ann.must(['import', path], { cwd });
    const after = await stateOf(cwd);
    expect(after.status).toBe('');
    expect(after.files).toEqual(
      ['.git', '.gitignore', 'a.tar.gz', 'new.patch', `${component}.spec`, 'sources'].sort(),
    );
    // What the killed one left behind is gone, too.
    expect(await readdir(join(cwd, '.git/centpkg'))).toEqual([]);
  });

  it.each(['read-tree', 'hash-object', 'write-tree', 'commit-tree'])(
    'by SIGKILL at git %s leaves all as it was, and runs again',
    async (subcommand) => {
      const { cwd, path } = await prepared();
      const before = await stateOf(cwd);
      const held = await holdGit(subcommand);
      const child = scenario.ann.start(['import', path], cwd);
      const end = ended(child);
      try {
        await held.reached();
        child.kill('SIGKILL');
        expect(await end).toEqual([null, 'SIGKILL']);
      } finally {
        await held.go();
      }
      expect(await stateOf(cwd)).toEqual(before);
      await scenario.ann.must(['import', path], { cwd });
      expect(await stateOf(cwd)).toMatchObject({ status: '' });
      expect(await readFile(join(cwd, 'new.patch'), 'utf8')).toBe('new\n');
    },
  );

  it('by SIGKILL while the branch moves ends with the branch moved, whole', async () => {
    const { cwd, component, path } = await prepared();
    const before = await stateOf(cwd);
    const held = await holdGit('merge');
    const child = scenario.ann.start(['import', path], cwd);
    const end = ended(child);
    try {
      await held.reached();
      child.kill('SIGKILL');
      expect(await end).toEqual([null, 'SIGKILL']);
      expect(await stateOf(cwd)).toEqual(before);
    } finally {
      await held.go();
    }
    const moved = async () =>
      (await scenario.ann.git(cwd, 'rev-parse', 'HEAD')) !== before.head &&
      (await scenario.ann.git(cwd, 'status', '--porcelain')) === '';
    expect(await eventually(moved, 120)).toBe(true);
    const stdout = await scenario.ann.must(['import', path], { cwd });
    expect(stdout).toBe(`${component} has that content already on scl-python33-el7.\n`);
    // And the archive, that the killed one did not bring.
    expect(await readdir(cwd)).toContain('a.tar.gz');
  });

  it('where the branch can not be moved says so, and changes nothing', async () => {
    const { cwd, path } = await prepared();
    const before = await stateOf(cwd);
    await writeFile(join(cwd, '.git/index.lock'), '');
    const { code, stderr } = await scenario.ann.run(['import', path], { cwd });
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringMatching(/index\.lock[\s\S]*git merge failed/) as string,
    });
    await rm(join(cwd, '.git/index.lock'));
    expect(await stateOf(cwd)).toEqual(before);
  });
});
