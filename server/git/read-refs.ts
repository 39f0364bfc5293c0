import { readFile as readFileBack } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AdvertisedRef, AdvertisedRefs } from './ls-refs.ts';

/** For many small files in half the time of `node:fs/promises`. */
const readFile = promisify(readFileBack);

/** Names that need no thought about encodings; any other is for git to read. */
const PLAIN_NAME = /^refs\/[\w.+@=,%#!/-]+$/;
/** Loose refs of a repository that are read here; more are for git, and for maintenance to pack. */
const MAX_LOOSE = 500;

/**
 * Reads a repository's refs from its files, as git's `gitrepository-layout` and `git-pack-refs`
 * describe them: loose refs first, then `packed-refs`, so that a ref which is packed meanwhile is
 * seen in one of both.
 * @param peel what an annotated tag's object points at, where that is known
 * @returns null for whatever is out of the ordinary: that is for git to read
 */
export async function readRefs(
  repository: string,
  peel: (oid: string) => string | null | undefined,
): Promise<AdvertisedRefs | null> {
  const [, head] = /^ref: (\S+)\n$/.exec(await read(join(repository, 'HEAD'))) ?? [];
  const loose = await looseRefs(repository);
  const packed = parsePackedRefs(await read(join(repository, 'packed-refs')));
  if (head === undefined || loose === null || packed === null) return null;
  for (const [name, oid] of loose) {
    const peeled = name.startsWith('refs/heads/') ? null : peel(oid);
    if (peeled === undefined) return null;
    packed.set(name, { name, oid, peeled });
  }
  const tip = packed.get(head);
  if (tip === undefined) return null;
  const refs = [...packed.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { refs: [{ ...tip, name: 'HEAD' }, ...refs], head };
}

async function looseRefs(repository: string): Promise<Map<string, string> | null> {
  const refs = new Map<string, string>();
  const folders = ['refs'];
  const names: string[] = [];
  for (const folder of folders)
    for (const entry of await readdir(join(repository, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(name);
      else if (!entry.isFile() || !PLAIN_NAME.test(name)) return null;
      else if (!name.endsWith('.lock')) names.push(name);
      if (names.length > MAX_LOOSE || folders.length > MAX_LOOSE) return null;
    }
  const contents = await Promise.all(names.map((name) => read(join(repository, name))));
  for (const [index, name] of names.entries()) {
    const oid = /^([0-9a-f]{40})\n$/.exec(contents[index] ?? '')?.[1];
    if (oid === undefined) return null;
    refs.set(name, oid);
  }
  return refs;
}

function parsePackedRefs(text: string): Map<string, AdvertisedRef> | null {
  const refs = new Map<string, AdvertisedRef>();
  if (text === '') return refs;
  const [header = '', ...lines] = text.split('\n');
  // Only then is a tag without a peeled line known to be none.
  if (!/^# pack-refs with:.* fully-peeled /.test(header) || lines.pop() !== '') return null;
  let last: string | null = null;
  for (const line of lines) {
    const peeled = /^\^([0-9a-f]{40})$/.exec(line)?.[1];
    if (peeled !== undefined) {
      const tag = refs.get(last ?? '');
      if (tag === undefined) return null;
      refs.set(tag.name, { ...tag, peeled });
      continue;
    }
    const name = line.slice(41);
    const oid = line.slice(0, 40);
    if (!/^[0-9a-f]{40}$/.test(oid) || line[40] !== ' ' || !PLAIN_NAME.test(name)) return null;
    refs.set(name, { name, oid, peeled: null });
    last = name;
  }
  return refs;
}

/** A file's text; empty where there is none. */
async function read(path: string): Promise<string> {
  return readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
