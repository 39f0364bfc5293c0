import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../cli/version.ts';
import { centpkgBundle } from '../support/bundle.ts';
import { run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BUNDLE = await centpkgBundle();
const FOLDER = await temporaryFolder();
afterAll(() => FOLDER[Symbol.asyncDispose]());

/** Prints, at the end, the modules of node that were loaded. */
const WATCH = join(FOLDER.path, 'watch.cjs');
await writeFile(
  WATCH,
  `process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n')));`,
);

async function loadedBy(...args: string[]): Promise<string[]> {
  const { code, stderr } = await run(process.execPath, ['--require', WATCH, BUNDLE, ...args]);
  expect(code).toBe(0);
  return stderr.split('\n').map((line) => line.replace(/^NativeModule /, ''));
}

describe('the bundle of centpkg', () => {
  it.each([
    ['centpkg', null],
    ['centpkg', 'module'],
    ['centpkg', 'commonjs'],
    ['centpkg.js', null],
    ['centpkg.mjs', null],
    ['centpkg.cjs', null],
  ])('starts as %s where package.json has the type %s', async (name, type) => {
    await using folder = await temporaryFolder();
    const program = join(folder.path, name);
    await copyFile(BUNDLE, program);
    if (type !== null) await writeFile(join(folder.path, 'package.json'), JSON.stringify({ type }));
    const start = (arg: string) => run(process.execPath, [program, arg]);
    expect(await start('--version')).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
    expect(await start('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('new-sources'),
      stderr: '',
    });
  });

  it.each(['--version', '--help'])('loads nothing for %s that talks to others', async (arg) => {
    const late = new Set(['child_process', 'crypto', 'http', 'https', 'readline', 'zlib']);
    const loaded = await loadedBy(arg);
    expect(loaded).toContain('fs');
    expect(loaded.filter((name) => late.has(name))).toEqual([]);
  });
});
