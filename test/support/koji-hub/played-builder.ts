import type { XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';

type Awaitable<T> = T | Promise<T>;

/** A builder of Koji, one step at a time, as a test wants it: at the stand-in and at a real hub. */
export interface PlayedBuilder {
  /** The tasks of a method that nobody has taken, oldest first. */
  waiting(method: string): Awaitable<number[]>;
  request(task: number): Awaitable<readonly XmlRpcValue[]>;
  /** Takes a `build`, and makes the tasks below it. @returns them by their label */
  take(task: number, arches?: string[]): Awaitable<Readonly<Record<string, number>>>;
  /** Takes a `chainbuild`. @returns its `build` tasks, one for each source */
  takeChain(task: number): Awaitable<number[]>;
  log(task: number, file: string, text: string): Awaitable<void>;
  /**
   * The source package is there, and the hub is told of the build.
   * @returns the number of the build
   * @throws Error with the hub's fault where it has such a build
   */
  begin(task: number, nvr: string): Awaitable<number>;
  /** The build is done: it is in Koji, and in the tag of its target. */
  complete(task: number, nvr: string): Awaitable<void>;
  /** @param words as the builder says them */
  fail(task: number, words: string): Awaitable<void>;
  /** Does what a `tagBuild` asks for. @throws Error with the hub's fault where it does not */
  finishTagging(task: number): Awaitable<void>;
  close(task: number): Awaitable<void>;
}
