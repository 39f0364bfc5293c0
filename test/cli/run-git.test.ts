import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { UserGit } from '../../cli/working-copy/run-git.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOME = await temporaryFolder();
afterAll(() => HOME[Symbol.asyncDispose]());

/** A git that is this script of the shell. */
async function gitThat(name: string, script: string): Promise<UserGit> {
  const folder = join(HOME.path, name);
  await mkdir(folder);
  await writeFile(join(folder, 'git'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'git'), 0o755);
  return new UserGit(HOME.path, { PATH: `${folder}:${process.env.PATH}` });
}

it('a git that a signal ends has failed, though its output ends later', async () => {
  // What it leaves behind has its output open.
  const git = await gitThat('killed', 'sleep 0.2 &\nkill -9 $$');
  await expect(git.read('status')).rejects.toMatchObject({ code: 'check_failed' });
  expect(await git.ask('status')).toBeNull();
  await expect(git.show('status')).rejects.toMatchObject({ code: 'check_failed' });
});

it('a git that is not there is an error, and no crash', async () => {
  const git = new UserGit(HOME.path, { PATH: HOME.path });
  await expect(git.read('status')).rejects.toThrow('git can not be run.');
  await expect(git.show('status')).rejects.toThrow('git can not be run.');
  expect(await git.ask('status')).toBeNull();
});
