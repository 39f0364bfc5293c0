import type { ChildProcess } from 'node:child_process';
import { basename, dirname, join, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { decide } from '../../core/access/decide.ts';
import type { UserPrincipal } from '../../core/access/principal.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { type CatFileProcess, openObjectReader } from '../../core/git/object-reader.ts';
import {
  checkPush,
  findingLines,
  isRefused,
  type PolicyLevels,
} from '../../core/pushes/check-push.ts';
import { namedSources } from '../../core/pushes/named-sources.ts';
import type { PushFacts, PushLimits, RefUpdate } from '../../core/pushes/push-facts.ts';
import { type RequestContext, recordAudit } from '../access/audit.ts';
import type { Component, ComponentIndex } from '../components/find-component.ts';
import type { Database } from '../db/database.ts';
import { type Git, requireHooks } from '../git/git.ts';
import type { Repositories } from '../git/repositories.ts';
import type { SourceIndex } from '../lookaside/source-index.ts';
import { readHookCalls } from './hook-calls.ts';
import type { ReceivingGits } from './receiving-gits.ts';
import { recordAbandoned, recordApplied, recordChecked } from './record-push.ts';
import { movedRefs } from './settle-pushes.ts';

export interface ReceivePackDeps {
  readonly db: Database;
  readonly git: Git;
  readonly repositories: Repositories;
  readonly receiving: ReceivingGits;
  readonly components: ComponentIndex;
  readonly sources: SourceIndex;
  readonly log: Logger;
  readonly limits: PushLimits;
  readonly levels: PolicyLevels;
}

export interface Pusher extends RequestContext {
  readonly principal: UserPrincipal;
  /**
   * The user as it is now, where the push may come long after the login.
   * @throws DistGitError where the credential does not hold any more
   */
  readonly again?: () => Promise<UserPrincipal>;
}

/**
 * `unpacking`: no check was asked for yet; at git's end that means a broken pack. `refused`: by a
 * check. `allowed`: it passed; at git's end that means that git moved no ref, because somebody
 * else had moved it. `moved`: refs were moved.
 */
export type PushStage = 'unpacking' | 'refused' | 'allowed' | 'moved';

export interface ReceivePack {
  readonly process: ChildProcess;
  /**
   * How far the push has come when git has ended, and what it did is recorded, or is so before
   * anything else is: whoever asks later finds it.
   */
  readonly end: Promise<PushStage>;
}

/**
 * Starts `git receive-pack` for a pusher who may push to some branch of the component. Its hook
 * talks to us over socket pairs that only this process and its children hold:
 *
 * 1. git unpacks into a quarantine, runs fsck, and calls pre-receive, which starts a cat-file there
 *    for us;
 * 2. every policy answers; refused, or recorded as `checked` before git may go on;
 * 3. git moves the refs, each with the push's mark in the reflog, and ends;
 * 4. the refs that it moved are recorded as `applied`. Should the server die in between,
 *    `settlePushes` does it.
 */
export async function startReceivePack(
  deps: ReceivePackDeps,
  pusher: Pusher,
  component: Component,
  args: readonly string[],
  protocol: string | null,
): Promise<ReceivePack> {
  await requireHooks();
  const { push, process: child } = deps.receiving.start({
    repository: deps.repositories.path(component.name),
    user: pusher.principal.name,
    args,
    protocol,
  });
  let stage: PushStage = 'unpacking';
  let asked: readonly RefUpdate[] = [];
  const reading = child.stdio[4] as Duplex;
  // A git that is gone is seen by its end.
  reading.on('error', () => {});
  // The hook's cat-file waits for questions until then, also where none was asked.
  child.once('exit', () => reading.destroy());
  const catFile = { stdin: reading, stdout: reading, on: reading.on.bind(reading) };
  readHookCalls(child.stdio[3] as Duplex, async ({ objectDirectory, updates }) => {
    stage = 'refused';
    asked = updates;
    try {
      const principal = (await pusher.again?.()) ?? pusher.principal;
      const answer = await answerPreReceive(
        deps,
        { ...pusher, principal },
        component,
        push,
        { catFile, objectDirectory },
        updates,
      );
      if (answer.allow) stage = 'allowed';
      return answer;
    } catch (error) {
      if (error instanceof DistGitError && error.code === 'credential_invalid') {
        const { message: reason, detail } = error;
        const remedy = detail.remedy ?? '';
        const decision = { allowed: false as const, rule: error.code, reason, remedy };
        const entry = { action: 'push', subject: component.name, decision };
        await recordAudit(deps.db.sql, pusher, entry);
        return { allow: false, lines: [reason, remedy] };
      }
      deps.log.error(
        { err: error, push, component: component.name },
        'a push could not be checked',
      );
      return {
        allow: false,
        lines: ['The push could not be checked; nothing was changed. Try again later.'],
      };
    }
  });
  const warn = (error: unknown): void =>
    deps.log.warn({ err: error, push }, 'a push could not be settled; the sweeper will');
  const settle = async (ended: boolean): Promise<void> => {
    const checked = { id: push, component: component.name };
    const moved = await movedRefs(deps.repositories, checked, asked);
    if (moved.length > 0) stage = 'moved';
    else if (!ended) return;
    const record = (): Promise<unknown> =>
      (moved.length > 0
        ? recordApplied(deps.db, checked, moved)
        : recordAbandoned(deps.db, push)
      ).catch(warn);
    // The refs have moved, and the reflog proves it: that is what the pusher is told. An embedded
    // database answers one question after the other, and is told before another request is read, so
    // that whoever asks later finds the record.
    if (deps.db.alone) deps.db.closesAfter(setImmediate().then(record));
    else await record();
  };
  const end = new Promise<PushStage>((resolve) => {
    child.once('close', (code) => {
      if (stage !== 'allowed') {
        resolve(stage);
        return;
      }
      settle(code === 0)
        .catch(warn)
        .finally(() => resolve(stage));
    });
  });
  return { process: child, end };
}

async function answerPreReceive(
  deps: ReceivePackDeps,
  pusher: Pusher,
  opened: Component,
  push: string,
  { catFile, objectDirectory }: { catFile: CatFileProcess; objectDirectory: string },
  updates: readonly RefUpdate[],
): Promise<{ allow: boolean; lines: string[] }> {
  // A large push takes its time: what counts is the permission now, not when it began.
  const component = await deps.components.find(opened.name);
  const repository = deps.repositories.path(component.name);
  const env = { ...quarantine(repository, objectDirectory), ...deps.git.pushLimits };
  const objects = openObjectReader({
    catFile,
    run: (args) => deps.git.run(['-C', repository, ...args], env),
    published: '--all',
  });
  try {
    const facts: PushFacts = {
      component,
      updates,
      limits: deps.limits,
      objects,
      decide: (branch) => {
        const own = component.branches.find(
          ({ collection, release }) =>
            collection === branch.collection && release === branch.release,
        );
        return decide(pusher.principal, {
          action: 'push',
          component: component.name,
          collections:
            own === undefined
              ? []
              : [{ collection: own.collection, sig: { name: own.sig, policies: own.policies } }],
        });
      },
      inLookaside: (file, checksum) =>
        deps.sources.has({ component: component.name, file, checksum }),
    };
    const findings = await checkPush(facts, deps.levels);
    const lines = findingLines(component.name, findings);
    if (isRefused(findings)) {
      const policies = [...new Set(findings.map(({ policy }) => policy))];
      await recordAudit(deps.db.sql, pusher, {
        action: 'push',
        subject: component.name,
        decision: { allowed: false, rule: 'push-checks', reason: '', remedy: '' },
        detail: { refused: policies, refs: updates.slice(0, 20).map(({ ref }) => ref) },
      });
      return { allow: false, lines };
    }
    await recordChecked(deps.db, pusher, push, component, updates, await namedSources(facts));
    return { allow: true, lines };
  } finally {
    objects.close();
  }
}

/**
 * The variables that show the pushed objects. A push that brings none (a branch at a known commit)
 * has no quarantine. @throws Error for a folder that is not this repository's
 */
function quarantine(repository: string, objectDirectory: string): Record<string, string> {
  if (objectDirectory === '') return {};
  const main = join(repository, 'objects');
  const folder = resolve(repository, objectDirectory);
  if (dirname(folder) !== main || !basename(folder).startsWith('tmp_objdir-'))
    throw new Error('The hook named a quarantine outside of its repository.');
  return { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: main };
}
