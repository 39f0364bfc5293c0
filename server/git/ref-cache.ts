import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Milliseconds that a change of a folder must be old before it counts as the last one: within the
 * clock's tick a second change leaves the same time.
 */
const SETTLED_MS = 20;
/** Folders below `refs` of one repository; with more, nothing is kept. */
const MAX_FOLDERS = 100;
/** Bytes kept of all repositories together. */
const MAX_BYTES = 32 * 1024 * 1024;

interface Entry {
  readonly paths: readonly string[];
  readonly stamp: string;
  readonly value: unknown;
  readonly bytes: number;
}

/**
 * Keeps what was read of a repository's refs for as long as they are the same. Every change of
 * a ref, whoever makes it, creates, renames or removes a file in `refs`, replaces `packed-refs` or
 * `HEAD`: the change times of these folders and files tell (git's `gitrepository-layout`).
 */
export class RefCache {
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** What is known and still holds; undefined: nothing. */
  async find<T>(repository: string): Promise<T | undefined> {
    const entry = this.#entries.get(repository);
    if (entry === undefined) return undefined;
    const stamp = await stampOf(entry.paths).catch(() => null);
    if (stamp?.text !== entry.stamp) {
      this.#drop(repository);
      return undefined;
    }
    this.#entries.delete(repository);
    this.#entries.set(repository, entry);
    return entry.value as T;
  }

  /**
   * Called before the refs are read.
   * @returns takes what was read, which is kept where no ref has moved meanwhile
   */
  async learn(repository: string): Promise<(value: unknown, bytes: number) => Promise<void>> {
    const paths = await refPaths(repository);
    const before = paths === null ? null : await stampOf(paths);
    const asked = Date.now();
    return async (value, bytes) => {
      if (paths === null || before === null || before.newest > asked - SETTLED_MS) return;
      if ((await stampOf(paths).catch(() => null))?.text !== before.text) return;
      this.#drop(repository);
      this.#entries.set(repository, { paths, stamp: before.text, value, bytes });
      this.#bytes += bytes;
      for (const oldest of this.#entries.keys()) {
        if (this.#bytes <= MAX_BYTES) break;
        this.#drop(oldest);
      }
    };
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

/** Everything whose change can be the change of a ref; null: too many. */
async function refPaths(repository: string): Promise<string[] | null> {
  const folders = [join(repository, 'refs')];
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) folders.push(join(folder, entry.name));
    if (folders.length > MAX_FOLDERS) return null;
  }
  return [...folders, join(repository, 'packed-refs'), join(repository, 'HEAD')];
}

/** @returns `newest`: the time of the last change, in milliseconds since 1970 */
async function stampOf(paths: readonly string[]): Promise<{ text: string; newest: number }> {
  const stats = await Promise.all(
    paths.map((path) =>
      stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
        // Without packed refs there is no such file.
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
    ),
  );
  let newest = 0;
  const parts = stats.map((found) => {
    if (found === null) return '-';
    newest = Math.max(newest, Number(found.ctimeMs));
    return `${found.ino}:${found.ctimeNs}`;
  });
  return { text: parts.join(' '), newest };
}
