import type { Readable, Writable } from 'node:stream';
import type { ObjectReader, TreeEntry } from '../pushes/push-facts.ts';

/** A chain of commits is followed in the open cat-file that far before git is asked to walk. */
const CHAIN = 64;

export interface CloseableReader extends ObjectReader {
  close(): void;
}

/** A running `git cat-file --batch-command --buffer`: a child, or what a hook holds for us. */
export interface CatFileProcess {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  on(event: 'error' | 'close', listener: () => void): unknown;
}

/** What a reader needs of a repository: the server's with a quarantine, or a working copy. */
export interface ReadableRepository {
  readonly catFile: CatFileProcess;
  /** Runs a short git there. @throws Error with git's exit status as `code` or `status` */
  run(args: readonly string[]): Promise<string>;
  /** rev-list's word for the refs whose commits are not new: `--all`, `--remotes=centos`. */
  readonly published: string;
}

/** Reads objects through one `git cat-file --batch-command`. */
export function openObjectReader(repository: ReadableRepository): CloseableReader {
  const batch = new CatFile(repository.catFile);
  // Policies ask for the same commits and trees again and again.
  const commit = remembered(async (oid) => parseCommit(await batch.contents(`${oid}^{commit}`)));
  const tree = remembered(async (oid) => parseTree(await batch.contents(`${oid}^{tree}`)));

  /** The commits of the unbranched chain from `tip` down to `known`; null: not such a chain. */
  const chain = async (tip: string, known: string): Promise<string[] | null> => {
    const found: string[] = [];
    for (let at = tip; found.length < CHAIN; ) {
      if (at === known) return found;
      found.push(at);
      const { parents } = await commit(at);
      const [parent] = parents;
      if (parent === undefined || parents.length > 1) return null;
      at = parent;
    }
    return null;
  };

  const listed = new Map<string, Promise<readonly string[]>>();
  const newCommits = async (
    tip: string,
    known: string | null,
    besides: readonly string[],
  ): Promise<readonly string[]> => {
    const short = known === null ? null : await chain(tip, known);
    if (short !== null) return short;
    const args = ['rev-list', `${tip}^{commit}`, '--not', repository.published, ...besides];
    return (await repository.run(args)).split('\n').filter((line) => line !== '');
  };

  return {
    commit,
    tree,
    size: (oid) => batch.size(oid),
    blob: (oid) => batch.contents(oid),
    newCommits(tip, known, besides = []) {
      const key = [tip, known, ...besides].join(' ');
      const found = listed.get(key) ?? newCommits(tip, known, besides);
      listed.set(key, found);
      return found;
    },
    async isAncestor(ancestor, descendant) {
      if ((await chain(descendant, ancestor)) !== null) return true;
      return repository.run(['merge-base', '--is-ancestor', ancestor, descendant]).then(
        () => true,
        (error: { code?: unknown; status?: unknown }) => {
          if (error.code === 1 || error.status === 1) return false;
          throw error;
        },
      );
    },
    close: () => batch.close(),
  };
}

function remembered<T>(read: (oid: string) => Promise<T>): (oid: string) => Promise<T> {
  const memo = new Map<string, Promise<T>>();
  return (oid) => {
    const known = memo.get(oid) ?? read(oid);
    memo.set(oid, known);
    return known;
  };
}

interface Waiting {
  readonly withContent: boolean;
  readonly resolve: (answer: { size: number; content: Buffer | null }) => void;
  readonly reject: (error: Error) => void;
}

/** The protocol of `git cat-file --batch-command --buffer`: questions in, answers in their order. */
class CatFile {
  readonly #process: CatFileProcess;
  readonly #waiting: Waiting[] = [];
  /** Asked, and not written yet. */
  #questions = '';
  #buffer: Buffer[] = [];
  #length = 0;
  /** Bytes the next answer needs; 0: a header line. */
  #need = 0;
  #header: { size: number } | null = null;
  #broken: Error | null = null;

  constructor(process: CatFileProcess) {
    this.#process = process;
    process.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    const fail = (): void => this.#fail(new Error('git cat-file ended'));
    process.on('error', fail);
    process.on('close', fail);
    process.stdin?.on('error', fail);
    if (process.stdout?.destroyed === true) fail();
  }

  async contents(name: string): Promise<Buffer> {
    const { content } = await this.#ask('contents', name);
    return content ?? Buffer.alloc(0);
  }

  async size(name: string): Promise<number> {
    return (await this.#ask('info', name)).size;
  }

  close(): void {
    this.#write();
    this.#process.stdin?.end();
  }

  #ask(verb: 'contents' | 'info', name: string): Promise<{ size: number; content: Buffer | null }> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== null) {
        reject(this.#broken);
        return;
      }
      this.#waiting.push({ withContent: verb === 'contents', resolve, reject });
      // What is asked together is written together, once nobody has more to ask for now.
      if (this.#questions === '') process.nextTick(() => this.#write());
      this.#questions += `${verb} ${name}\n`;
    });
  }

  #write(): void {
    if (this.#questions === '') return;
    this.#process.stdin?.write(`${this.#questions}flush\n`);
    this.#questions = '';
  }

  #take(chunk: Buffer): void {
    this.#buffer.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#need) return;
    let data = this.#buffer.length === 1 ? chunk : Buffer.concat(this.#buffer);
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) break;
      if (this.#header === null) {
        const end = data.indexOf(10);
        if (end === -1) break;
        const line = data.toString('latin1', 0, end);
        data = data.subarray(end + 1);
        const match = /^[0-9a-f]{40,64} \w+ (\d+)$/.exec(line);
        if (match === null) {
          this.#waiting.shift();
          next.reject(new Error(`git cat-file: ${line}`));
          continue;
        }
        const size = Number(match[1]);
        if (!next.withContent) {
          this.#waiting.shift();
          next.resolve({ size, content: null });
          continue;
        }
        this.#header = { size };
      }
      const { size } = this.#header;
      // The content is followed by a newline.
      if (data.length < size + 1) {
        this.#need = size + 1;
        break;
      }
      this.#waiting.shift();
      next.resolve({ size, content: data.subarray(0, size) });
      data = data.subarray(size + 1);
      this.#header = null;
      this.#need = 0;
    }
    this.#buffer = data.length === 0 ? [] : [data];
    this.#length = data.length;
  }

  #fail(error: Error): void {
    this.#broken = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/**
 * Reads what git reads: `tree` first, then the `parent` lines right behind it. A line of that form
 * further down is text to git, and a way to hide files from us if we believed it.
 */
function parseCommit(content: Buffer): { tree: string; parents: string[] } {
  const lines = (content.toString('latin1').split('\n\n', 1)[0] ?? '').split('\n');
  const tree = /^tree ([0-9a-f]{40,64})$/.exec(lines[0] ?? '')?.[1];
  if (tree === undefined) throw new Error('git cat-file: a commit without a tree');
  const end = lines.findIndex((line, index) => index > 0 && !line.startsWith('parent '));
  const parents = lines.slice(1, end === -1 ? undefined : end);
  return { tree, parents: parents.map((line) => line.slice('parent '.length)) };
}

/** A tree's entries: `<mode> <name>\0<20 bytes of oid>`, git's own format. */
function parseTree(content: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(32, at);
    const end = content.indexOf(0, space);
    if (space === -1 || end === -1) throw new Error('git cat-file: a tree is damaged');
    entries.push({
      mode: content.toString('latin1', at, space),
      name: content.toString('utf8', space + 1, end),
      oid: content.toString('hex', end + 1, end + 21),
    });
    at = end + 21;
  }
  return entries;
}
