import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { openDataFolder } from '../../server/db/data-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MODULE = new URL('../../server/db/data-folder.ts', import.meta.url).href;
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
    await openDataFolder(${JSON.stringify(root)});
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
const lock = (): string => join(root, 'server.lock');
/** The processes that claim the folder. */
const claims = (): string[] => readdirSync(lock()).map((claim) => claim.split('-')[0] ?? '');

describe('a data folder', () => {
  it('is made where it is missing, for its owner and group only', async () => {
    const folder = await openDataFolder(root);
    expect((await stat(root)).mode & 0o777).toBe(0o750);
    for (const path of [folder.database, folder.repositories, folder.lookaside, folder.staging])
      expect(path.startsWith(`${root}/`)).toBe(true);
    folder.release();
    expect(claims()).toEqual([]);
  });

  it('is refused to a second server that lives', async () => {
    const child = await otherServer();
    for (let n = 0; n < 3; n++) {
      const error: unknown = await openDataFolder(root).catch((refused: unknown) => refused);
      expect(error).toBeInstanceOf(DistGitError);
      expect((error as DistGitError).code).toBe('config_invalid');
      expect((error as Error).message).toContain(`process ${child.pid}`);
    }
    expect(claims()).toEqual([String(child.pid)]);
  });

  it('is taken over from a server that died', async () => {
    await end(await otherServer());
    expect(claims()).toHaveLength(1);
    const folder = await openDataFolder(root);
    expect(claims()).toEqual([String(process.pid)]);
    folder.release();
  });

  it('is taken over where the number of the dead server is another process now', async () => {
    const child = await otherServer();
    await rename(join(lock(), readdirSync(lock())[0] ?? ''), join(lock(), `${child.pid}-1`));
    const folder = await openDataFolder(root);
    expect(claims()).toEqual([String(process.pid)]);
    folder.release();
  });

  it.each(['nonsense', '999999999-5', '-1-', '0-', '1-', '-'])(
    'is taken over where the claim is %j',
    async (claim) => {
      await mkdir(lock(), { recursive: true });
      await writeFile(join(lock(), claim), '');
      const folder = await openDataFolder(root);
      expect(claims()).toEqual([String(process.pid)]);
      folder.release();
    },
  );

  it.each([
    ['in a new folder', null],
    ['where another has died', '999999999-5'],
  ])('is refused to all but one of those that start at once, %s', async (_, left) => {
    for (let round = 0; round < 2; round++) {
      await mkdir(lock(), { recursive: true });
      if (left !== null) await writeFile(join(lock(), left), '');
      expect(await race(Date.now() + 1500)).toEqual(['open', 'refused', 'refused', 'refused']);
      for (const child of children.splice(0)) await end(child);
      await rm(lock(), { recursive: true });
    }
  });
});

/** What four servers say that open the folder in the very same moment. */
async function race(at: number): Promise<string[]> {
  const script = `
    const { openDataFolder } = await import(${JSON.stringify(MODULE)});
    while (Date.now() < ${at});
    let said = 'open';
    try { await openDataFolder(${JSON.stringify(root)}); } catch { said = 'refused'; }
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
