import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasProgram, installPackages } from './debian.ts';
import { CACHE, oneAtATime } from './one-at-a-time.ts';
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
  const folder = join(CACHE, 'go-programs', `${name}@${version}`);
  const program = join(folder, name);
  if (await isThere(program)) return program;
  await oneAtATime(`${name}@${version}`, async () => {
    if (!(await isThere(program))) await build(folder, { name, package: path, version });
  });
  return program;
}

const isThere = (program: string): Promise<boolean> =>
  access(program).then(
    () => true,
    () => false,
  );

async function build(folder: string, { name, package: path, version }: GoProgram): Promise<void> {
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
    await rename(join(made, name), join(folder, name));
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
