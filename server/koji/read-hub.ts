import type { HubQuestions } from '../../core/koji/desired-state.ts';
import type { HubState } from '../../core/koji/hub-state.ts';
import { garbled, list, numberIn, struct, textIn, valueOf } from './answer-parts.ts';
import type { CallAnswer, Hub, HubCall } from './hub.ts';
import { hubTagOf, tagCalls } from './read-tag.ts';
import type { XmlRpcValue } from './xmlrpc-value.ts';

/** What was read, and the numbers by which the hub wants some of it to be said. */
export interface HubReading {
  readonly state: HubState;
  /** Of the tags that exist, by their names. */
  readonly tagIds: ReadonlyMap<string, number>;
}

/** The calls that answer all questions: to be sent as one. */
export function readingCalls(questions: HubQuestions): HubCall[] {
  const named = (method: string, names: readonly string[]): HubCall[] =>
    names.map((name) => ({ method, params: [name] }));
  return [
    { method: 'getLoggedInUser', params: [] },
    { method: 'getPerms', params: [] },
    { method: 'getAllPerms', params: [] },
    ...questions.tags.flatMap(tagCalls),
    ...named('getTag', questions.parents),
    ...named('getBuildTarget', questions.targets),
    ...named('getExternalRepo', questions.externalRepos),
    ...named('getUser', questions.users),
  ];
}

/**
 * All that a plan is made from, in one request.
 * @throws DistGitError as `Hub` throws, with Koji's words where it refuses a reading
 */
export async function readHub(hub: Hub, questions: HubQuestions): Promise<HubReading> {
  return hubReading(questions, await hub.readAll(readingCalls(questions)));
}

/**
 * @param answers to `readingCalls` of the same questions
 * @throws DistGitError with Koji's words where it refused one; `unavailable` where an answer is
 *   none to what was asked
 */
export function hubReading(questions: HubQuestions, answers: readonly CallAnswer[]): HubReading {
  const rest = answers[Symbol.iterator]();
  const next = (): CallAnswer => rest.next().value ?? garbled();
  const value = (): XmlRpcValue => valueOf(next());
  const account = struct(value());
  const own = value();
  const all = value();
  const tagIds = new Map<string, number>();
  const known = (name: string, tag: XmlRpcValue): void => {
    if (tag !== null) tagIds.set(name, numberIn(tag, 'id'));
  };
  const each = <T>(names: readonly string[], read: (name: string) => T): Map<string, T> =>
    new Map(names.map((name) => [name, read(name)]));
  const state: HubState = {
    tags: each(questions.tags, (name) => {
      const tag = value();
      known(name, tag);
      const rest = [next(), next(), next(), next()] as const;
      if (tag !== null)
        for (const link of list(valueOf(rest[0])))
          tagIds.set(textIn(link, 'name'), numberIn(link, 'parent_id'));
      return hubTagOf(tag, rest);
    }),
    parents: each(questions.parents, (name) => {
      const tag = value();
      known(name, tag);
      return tag !== null;
    }),
    targets: each(questions.targets, () => {
      const target = value();
      if (target === null) return null;
      return {
        buildTag: textIn(target, 'build_tag_name'),
        destTag: textIn(target, 'dest_tag_name'),
      };
    }),
    externalRepos: each(questions.externalRepos, () => {
      const repo = value();
      return repo === null ? null : { url: textIn(repo, 'url') };
    }),
    users: each(questions.users, () => {
      const user = value();
      if (user === null) return null;
      return numberIn(user, 'status') === 0 ? 'active' : 'blocked';
    }),
    permissions: new Set(list(all).map((one) => textIn(one, 'name'))),
    account: {
      user: textIn(account, 'name'),
      permissions: new Set(list(own).filter((one) => typeof one === 'string')),
    },
  };
  return { state, tagIds };
}
