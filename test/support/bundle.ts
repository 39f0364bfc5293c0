import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run } from './process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BUNDLE = join(ROOT, 'dist/centpkg.js');
const GATE = join(ROOT, 'dist/ssh-gate.js');
const SOURCES = ['cli', 'core', 'server/hooks/ssh', 'deploy/build-cli.ts', 'package.json'];
/** A lock this old was left behind by a test run that was killed. */
const STALE_MS = 60_000;

const modified = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

async function newest(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(...(await Promise.all(files.map((f) => modified(join(f.parentPath, f.name))))));
}

async function isFresh(): Promise<boolean> {
  const times = await Promise.all(SOURCES.map((path) => newest(join(ROOT, path))));
  const bundles = await Promise.all([BUNDLE, GATE].map(modified));
  return Math.min(...bundles) > Math.max(...times);
}

let built: Promise<string> | undefined;

/** The bundled centpkg, built anew where a source is younger; once, whatever asks. */
export function centpkgBundle(): Promise<string> {
  built ??= build();
  return built;
}

/** The bundled program for sshd, likewise. */
export async function sshGateBundle(): Promise<string> {
  await centpkgBundle();
  return GATE;
}

/** Several test processes may ask at once: a folder is the lock, since only one can make it. */
async function build(): Promise<string> {
  const lock = join(ROOT, 'dist/.building');
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  while (!(await isFresh())) {
    const mine = await mkdir(lock).then(
      () => true,
      () => false,
    );
    if (!mine) {
      if (Date.now() - (await modified(lock)) > STALE_MS) await rm(lock, { recursive: true });
      await new Promise((done) => setTimeout(done, 100));
      continue;
    }
    try {
      const script = join(ROOT, 'deploy/build-cli.ts');
      const { code, stderr } = await run(process.execPath, [script]);
      if (code !== 0) throw new Error(`The bundle can not be built: ${stderr}`);
    } finally {
      await rm(lock, { recursive: true, force: true });
    }
  }
  return BUNDLE;
}
