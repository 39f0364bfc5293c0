import type { ApiOutput } from '../../core/api/schemas.ts';
import { branchName, branchRef } from '../../core/domain/branch-name.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import { noSpec } from '../../core/domain/spec/no-spec.ts';
import type { Spec, SpecField, SpecFile, SpecValue } from '../../core/domain/spec/spec.ts';
import { specNvr } from '../../core/domain/spec/spec-nvr.ts';
import { openObjectReader } from '../../core/git/object-reader.ts';
import type { ObjectReader } from '../../core/pushes/push-facts.ts';
import { pushedSpec } from '../../core/pushes/pushed-spec.ts';
import type { Database } from '../db/database.ts';
import type { Git } from '../git/git.ts';
import type { GitSlots } from '../git/git-slots.ts';
import type { Refs } from '../git/refs.ts';
import type { Repositories } from '../git/repositories.ts';
import { type ComponentBranch, findComponent } from './find-component.ts';

type SpecView = ApiOutput<'listSpecs'>['items'][number];

export interface BranchSpecsDeps {
  readonly db: Database;
  readonly git: Git;
  readonly slots: GitSlots;
  readonly refs: Refs;
  readonly repositories: Repositories;
  /** Bytes of one file in git. */
  readonly maxFileSize: number;
}

/** Characters of all views that are kept, as JSON. */
const MAX_KEPT = 32 * 1024 * 1024;
/**
 * Characters of one view, as JSON. Those of the largest packages have a tenth; so what is kept is
 * enough for all branches of a component, and reading it again does not push itself out.
 */
const MAX_VIEW = 256 * 1024;

interface UnreadBranch {
  readonly branch: ComponentBranch;
  readonly commit: string;
  readonly view: PromiseWithResolvers<SpecView>;
}

/**
 * What the specs at the branches' heads say. A commit never changes: it is read once, also where
 * many ask at the same time.
 */
export class BranchSpecs {
  readonly #deps: BranchSpecsDeps;
  /** The least recently used first. */
  readonly #kept = new Map<string, { readonly view: SpecView; readonly size: number }>();
  #size = 0;
  readonly #reading = new Map<string, Promise<SpecView>>();

  constructor(deps: BranchSpecsDeps) {
    this.#deps = deps;
  }

  /** One item for each branch that there is in git. @throws DistGitError `not_found` */
  async list(name: ComponentName): Promise<ApiOutput<'listSpecs'>> {
    const { db, refs, repositories } = this.#deps;
    const component = await findComponent(db.sql, name);
    if (component.state !== 'active') return { items: [] };
    const heads = new Map(
      (await refs.list(repositories.path(name)))?.refs.map((ref) => [ref.name, ref.oid]),
    );
    const found: Promise<SpecView>[] = [];
    const unread: UnreadBranch[] = [];
    for (const branch of component.branches) {
      const commit = heads.get(branchRef(branch));
      if (commit === undefined) continue;
      const key = keyOf(name, branch, commit);
      const kept = this.#find(key);
      let reading = kept === undefined ? this.#reading.get(key) : Promise.resolve(kept);
      if (reading === undefined) {
        const view = Promise.withResolvers<SpecView>();
        unread.push({ branch, commit, view });
        reading = view.promise;
        this.#reading.set(key, reading);
      }
      found.push(reading);
    }
    if (unread.length > 0) void this.#readAll(name, unread);
    const items = await Promise.all(found);
    return { items: items.toSorted((a, b) => (a.branch < b.branch ? -1 : 1)) };
  }

  /** Answers all that are unread, or fails them. */
  async #readAll(name: ComponentName, unread: readonly UnreadBranch[]): Promise<void> {
    try {
      await this.#withObjects(name, async (objects) => {
        for (const { branch, commit, view } of unread) {
          const read = await this.#read(name, branch, commit, objects);
          this.#keep(keyOf(name, branch, commit), read);
          view.resolve(read);
        }
      });
    } catch (error) {
      for (const { view } of unread) view.reject(error);
    } finally {
      for (const { branch, commit } of unread) this.#reading.delete(keyOf(name, branch, commit));
    }
  }

  async #read(
    name: ComponentName,
    branch: ComponentBranch,
    commit: string,
    objects: ObjectReader,
  ): Promise<SpecView> {
    const { maxFileSize } = this.#deps;
    const facts = { component: { name }, limits: { maxFileSize }, objects };
    const read = await pushedSpec(facts, branch, commit);
    const at = { branch: branchName(branch), commit };
    if (read !== null && read.spec !== null) return bounded({ ...at, ...viewOf(read.spec) });
    return {
      ...at,
      ...NOTHING,
      sources: [],
      patches: [],
      problem: read === null ? noSpec(name) : `${read.problem}.`,
    };
  }

  async #withObjects(
    name: ComponentName,
    act: (objects: ObjectReader) => Promise<void>,
  ): Promise<void> {
    const { git, slots, repositories } = this.#deps;
    const repository = ['-C', repositories.path(name)];
    await slots.take();
    try {
      const objects = openObjectReader({
        catFile: git.spawn([...repository, 'cat-file', '--batch-command', '--buffer'], {
          env: git.pushLimits,
          stdio: ['pipe', 'pipe', 'ignore'],
        }),
        run: (args) => git.run([...repository, ...args]),
        published: '--all',
      });
      await act(objects).finally(() => objects.close());
    } finally {
      slots.give();
    }
  }

  #find(key: string): SpecView | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.view;
  }

  #keep(key: string, view: SpecView): void {
    const size = key.length + JSON.stringify(view).length;
    this.#size += size - (this.#kept.get(key)?.size ?? 0);
    this.#kept.set(key, { view, size });
    for (const [oldest, { size: freed }] of this.#kept) {
      if (this.#size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
      this.#size -= freed;
    }
  }
}

const keyOf = (name: ComponentName, { sclName, release }: ComponentBranch, commit: string) =>
  `${name} ${commit} ${sclName} ${release}`;

const NOTHING = {
  nvr: null,
  name: null,
  epoch: null,
  version: null,
  release: null,
} as const;

function viewOf(spec: Spec): Omit<SpecView, 'branch' | 'commit'> {
  const text = (field: SpecField | null) => (field === null ? null : known(field.value));
  const { name, version, release } = spec;
  const unknown = [name, version, release].find(({ value }) => !value.known);
  return {
    nvr: specNvr(spec),
    name: text(name),
    epoch: text(spec.epoch),
    version: text(version),
    release: text(release),
    problem: unknown === undefined || unknown.value.known ? null : `${unknown.value.why}.`,
    sources: spec.sources.map(fileView),
    patches: spec.patches.map(fileView),
  };
}

function bounded(view: SpecView): SpecView {
  if (JSON.stringify(view).length <= MAX_VIEW) return view;
  const { branch, commit } = view;
  const problem = 'it names more sources and patches than any package has.';
  return { branch, commit, ...NOTHING, sources: [], patches: [], problem };
}

function fileView({ number, fileName, value }: SpecFile) {
  return { number, file: known(fileName), location: known(value) };
}

function known(value: SpecValue): string | null {
  return value.known ? value.text : null;
}
