import { advertisementArgs, type Git, type GitService } from './git.ts';
import type { GitSlots } from './git-slots.ts';
import {
  type AdvertisedRefs,
  advertisedCapabilities,
  parseAdvertisement,
  receivePackAdvertisement,
} from './ls-refs.ts';
import { readRefs } from './read-refs.ts';
import { RefCache } from './ref-cache.ts';

/** Bytes of one repository's advertisement; repositories with more are left to git. */
const MAX_ADVERTISEMENT = 1024 * 1024;
/** Tags whose target is remembered: it never changes. */
const MAX_PEELED = 100_000;

const VERSION_2 = { GIT_PROTOCOL: 'version=2' };

/** What repositories advertise, told without a git wherever that is certain. */
export class Refs {
  readonly #git: Git;
  readonly #slots: GitSlots;
  readonly #cache = new RefCache();
  readonly #peeled = new Map<string, string | null>();
  #pushCapabilities: string | null = null;
  #fetchCapabilities: Buffer | null = null;

  constructor(git: Git, slots: GitSlots) {
    this.#git = git;
    this.#slots = slots;
  }

  /** Every ref, as they are now; null: only git can tell. */
  async list(repository: string): Promise<AdvertisedRefs | null> {
    const known = await this.#cache.find<AdvertisedRefs | null>(repository);
    if (known !== undefined) return known;
    const keep = await this.#cache.learn(repository);
    const refs =
      (await readRefs(repository, (oid) => this.#peeled.get(oid))) ??
      parseAdvertisement((await this.#ask(repository, 'git-upload-pack')) ?? Buffer.alloc(0));
    if (this.#peeled.size > MAX_PEELED) this.#peeled.clear();
    for (const { name, oid, peeled } of refs?.refs ?? [])
      if (!/^(HEAD$|refs\/heads\/)/.test(name)) this.#peeled.set(oid, peeled);
    await keep(refs, 200 * (refs?.refs.length ?? 0));
    return refs;
  }

  /**
   * What git says to `info/refs`, without the announcement of the service.
   * @param version 2 for git's protocol version 2, 0 for 0; anything else is left to git
   * @returns null: only git can tell
   */
  async advertisement(
    repository: string,
    service: GitService,
    version: 0 | 1 | 2,
  ): Promise<Buffer | null> {
    if (version === 1) return null;
    if (service === 'git-upload-pack') {
      if (version === 0) return null;
      // Version 2 lists no refs here.
      this.#fetchCapabilities ??= await this.#ask(repository, service, VERSION_2);
      return this.#fetchCapabilities;
    }
    // Pushes have no version 2. The capabilities follow from git and its configuration.
    this.#pushCapabilities ??= advertisedCapabilities(
      (await this.#ask(repository, service)) ?? Buffer.alloc(0),
    );
    const refs = await this.list(repository);
    if (refs === null || this.#pushCapabilities === null) return null;
    return receivePackAdvertisement(refs, this.#pushCapabilities);
  }

  /** @returns null where there is too much, or nothing */
  async #ask(
    repository: string,
    service: GitService,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Buffer | null> {
    await this.#slots.take();
    return this.#git
      .output(advertisementArgs(service, repository), env, MAX_ADVERTISEMENT)
      .catch(() => null)
      .finally(() => this.#slots.give());
  }
}
