import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { openDataFolder } from '../../server/config/data-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MODULE = new URL('../../server/config/data-folder.ts', import.meta.url).href;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  temporary = await temporaryFolder();
  root = join(temporary.path, 'data');
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  await temporary[Symbol.asyncDispose]();
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Another process that has the folder open. */
async function otherServer(): Promise<ChildProcess> {
  const script = `
    const { openDataFolder } = await import(${JSON.stringify(MODULE)});
    openDataFolder(${JSON.stringify(root)});
    console.log('open');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}
const lock = (): string => join(root, 'server.pid');
const mine = (): string => readFileSync(lock(), 'utf8').split(' ')[0] ?? '';

describe('a data folder', () => {
  it('is made where it is missing, for its owner and group only', async () => {
    const folder = openDataFolder(root);
    expect((await stat(root)).mode & 0o777).toBe(0o750);
    for (const path of [folder.database, folder.repositories, folder.lookaside, folder.staging])
      expect(path.startsWith(`${root}/`)).toBe(true);
    await folder.release();
    expect(existsSync(lock())).toBe(false);
  });

  it('is refused to a second server that lives', async () => {
    const child = await otherServer();
    const refused = (): unknown => {
      try {
        return openDataFolder(root);
      } catch (error) {
        return error;
      }
    };
    for (let n = 0; n < 3; n++) {
      const error = refused();
      expect(error).toBeInstanceOf(DistGitError);
      expect((error as DistGitError).code).toBe('config_invalid');
      expect((error as Error).message).toContain(`process ${child.pid}`);
    }
    expect(mine()).toBe(String(child.pid));
  });

  it('is taken over from a server that died', async () => {
    await end(await otherServer());
    expect(existsSync(lock())).toBe(true);
    const folder = openDataFolder(root);
    expect(mine()).toBe(String(process.pid));
    await folder.release();
  });

  it('is taken over where the number of the dead server is another process now', async () => {
    const child = await otherServer();
    await writeFile(lock(), `${child.pid} 1\n`);
    const folder = openDataFolder(root);
    expect(mine()).toBe(String(process.pid));
    await folder.release();
  });

  it.each(['', '\n', 'nonsense', '999999999 5\n', '-1 \n', '0 \n'])(
    'is taken over where the lock says %j',
    async (text) => {
      await openDataFolder(root).release();
      await writeFile(lock(), text);
      const folder = openDataFolder(root);
      expect(mine()).toBe(String(process.pid));
      await folder.release();
    },
  );

  it.each([
    ['in a new folder', null],
    ['where another has died', '999999999 5\n'],
  ])('is refused to all but one of those that start at once, %s', async (_, left) => {
    for (let round = 0; round < 2; round++) {
      await openDataFolder(root).release();
      if (left !== null) await writeFile(lock(), left);
      expect(await race(Date.now() + 1500)).toEqual(['open', 'refused', 'refused', 'refused']);
      for (const child of children.splice(0)) await end(child);
      await rm(lock(), { force: true });
    }
  });
});

/** What four servers say that open the folder in the very same moment. */
async function race(at: number): Promise<string[]> {
  const script = `
    const { openDataFolder } = await import(${JSON.stringify(MODULE)});
    while (Date.now() < ${at});
    let said = 'open';
    try { openDataFolder(${JSON.stringify(root)}); } catch { said = 'refused'; }
    console.log(said);
    setInterval(() => {}, 1000);
  `;
  const said = Array.from({ length: 4 }, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return text.toString().trim();
  });
  return (await Promise.all(said)).toSorted();
}
