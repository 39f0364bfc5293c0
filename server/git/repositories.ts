import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { Git } from './git.ts';

/** A repository under construction; no component can have a name that starts with a dot. */
const STAGING = '.staging';

/** How long a start waits for the gits of a server that died. */
const ORPHAN_MS = 10_000;

/**
 * The bare repositories, one per component, at `<root>/<component>.git`. Nothing in them is
 * particular to a repository: hooks and configuration are the server's.
 */
export class Repositories {
  readonly #git: Git;
  readonly #root: string;

  constructor(git: Git, root: string) {
    this.#git = git;
    this.#root = root;
  }

  path(component: ComponentName): string {
    return join(this.#root, `${component}.git`);
  }

  /**
   * Removes what a server that died left behind: repositories under construction, and quarantines
   * of pushes whose git died with it; those only once no git of that server is at work any more.
   */
  async recover(): Promise<void> {
    await rm(join(this.#root, STAGING), { recursive: true, force: true });
    await mkdir(join(this.#root, STAGING), { recursive: true });
    if (!(await this.#git.outlived(ORPHAN_MS))) return;
    for (const repository of await readdir(this.#root)) {
      if (!repository.endsWith('.git')) continue;
      const objects = join(this.#root, repository, 'objects');
      // One that is damaged is no reason not to serve the others.
      for (const name of await readdir(objects).catch(() => []))
        if (name.startsWith('tmp_objdir-'))
          await rm(join(objects, name), { recursive: true, force: true });
    }
  }

  async exists(component: ComponentName): Promise<boolean> {
    return access(this.path(component)).then(
      () => true,
      () => false,
    );
  }

  /**
   * Makes sure that the repository exists and has these branches; those it has stay as they are.
   * Safe to run again and at the same time: a repository is built aside and renamed into place.
   * A new branch starts at the component's initial commit: empty `sources` and `.gitignore`, made
   * of nothing but the component's name and `createdAt`, so that every run makes the same one.
   */
  async ensure(
    component: ComponentName,
    branchRefs: readonly string[],
    createdAt: Date,
  ): Promise<void> {
    if (!(await this.exists(component))) await this.#create(component, branchRefs.at(-1) ?? null);
    const path = this.path(component);
    const have = new Set(
      (await this.#git.run(['-C', path, 'for-each-ref', '--format=%(refname)'])).split('\n'),
    );
    const missing = branchRefs.filter((ref) => !have.has(ref));
    if (missing.length === 0) return;
    const initial = await this.#initialCommit(path, createdAt);
    for (const ref of missing)
      await this.#git
        .run(['-C', path, 'update-ref', '-m', 'branch created', ref, initial, '0'.repeat(40)])
        .catch(async (error: unknown) => {
          // Somebody was faster; only a branch that is still missing is a failure.
          await this.#git.run(['-C', path, 'rev-parse', '--verify', '--quiet', ref]).catch(() => {
            throw error;
          });
        });
  }

  async #create(component: ComponentName, head: string | null): Promise<void> {
    const staged = join(this.#root, STAGING, randomBytes(12).toString('hex'));
    try {
      await this.#git.run(['init', '--quiet', '--bare', '--template=', staged]);
      if (head !== null) await this.#git.run(['-C', staged, 'symbolic-ref', 'HEAD', head]);
      await syncFolder(staged);
      await rename(staged, this.path(component)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
      await syncFolder(this.#root);
    } finally {
      await rm(staged, { recursive: true, force: true });
    }
  }

  async #initialCommit(path: string, createdAt: Date): Promise<string> {
    const object = async (args: string[], env: Record<string, string> = {}): Promise<string> =>
      (await this.#git.run(['-C', path, ...args], env)).trim();
    const empty = await object(['hash-object', '-w', '-t', 'blob', '/dev/null']);
    const emptyTree = await object(['hash-object', '-w', '-t', 'tree', '/dev/null']);
    const index = join(this.#root, STAGING, `${randomBytes(12).toString('hex')}.index`);
    const env = { GIT_INDEX_FILE: index };
    try {
      await object(['read-tree', emptyTree], env);
      for (const file of ['.gitignore', 'sources'])
        await object(['update-index', '--add', '--cacheinfo', `100644,${empty},${file}`], env);
      const tree = await object(['write-tree'], env);
      const date = `@${Math.floor(createdAt.getTime() / 1000)} +0000`;
      return await object(['commit-tree', '-m', 'Initial setup of the repository', tree], {
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      });
    } finally {
      await rm(index, { force: true });
    }
  }

  /** Packs loose refs and gathers packs, so that listings and fetches stay fast. */
  async maintain(component: ComponentName): Promise<void> {
    const path = this.path(component);
    await this.#git.run(['-C', path, 'pack-refs', '--all']);
    await this.#git.run(['-C', path, 'repack', '-d', '--geometric=2', '--write-midx', '--quiet']);
  }

  /**
   * Has somebody with this mail address moved `ref` to `oid`? The reflog tells (a line of it is
   * `<old> <new> <name> <<address>> <time> <zone>\t<message>`), and what came after it: git writes
   * the line first, and may die before it moves the ref.
   */
  async wasMoved(
    component: ComponentName,
    ref: string,
    { oid, mark }: { readonly oid: string; readonly mark: string },
  ): Promise<boolean> {
    const path = this.path(component);
    const log = await readIfThere(join(path, 'logs', ...ref.split('/')));
    const lines = log.split('\n').filter((line) => line !== '');
    const at = lines.findLastIndex(
      (line) => line.slice(41, 81) === oid && line.split('\t', 1)[0]?.includes(` <${mark}> `),
    );
    if (at === -1) return false;
    const next = lines[at + 1];
    if (next !== undefined) return next.slice(0, 40) === oid;
    if ((await readIfThere(join(path, ...ref.split('/')))).trim() === oid) return true;
    const packed = ['-C', path, 'rev-parse', '--verify', '--quiet', ref];
    return (await this.#git.run(packed).catch(() => '')).trim() === oid;
  }
}

/** A file's text; empty where there is none. */
async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '')) return '';
    throw error;
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
