import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasProgram, installPackages } from './debian.ts';
import { run } from './process.ts';

/** Where Go's own packages put it, besides the path. */
const GO_FOLDER = '/usr/local/go/bin';

/** A program that is published as a Go module. */
export interface GoProgram {
  readonly name: string;
  readonly package: string;
  readonly version: string;
}

/**
 * The path of the program, built through the Go module proxy where this user has not built this
 * version yet; that takes minutes, and is kept in the user's cache folder.
 * @throws Error with what Go said
 */
export async function goProgram({ name, package: path, version }: GoProgram): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'scl-dist-git', 'go-programs', `${name}@${version}`);
  const program = join(folder, name);
  const isThere = await access(program).then(
    () => true,
    () => false,
  );
  if (isThere) return program;
  const PATH = `${process.env.PATH}:${GO_FOLDER}`;
  if (!(await hasProgram('go', PATH))) await installPackages({ go: 'golang-go' });
  await mkdir(folder, { recursive: true });
  const made = await mkdtemp(join(folder, '.build-'));
  try {
    const machine = Object.fromEntries(
      Object.entries(process.env).filter(([key]) => /^GO|_proxy$/i.test(key)),
    );
    const env = { ...machine, PATH, HOME: homedir(), GOBIN: made, GOFLAGS: '' };
    const built = await run('go', ['install', `${path}@${version}`], { cwd: made, env });
    if (built.code !== 0) throw new Error(`go install ${path}@${version}: ${built.stderr}`);
    // Whoever builds at the same time puts the same there.
    await rename(join(made, name), program);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return program;
}
