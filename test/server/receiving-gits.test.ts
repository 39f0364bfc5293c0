import { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { UserName } from '../../core/domain/sig.ts';
import type { Git } from '../../server/git/git.ts';
import { pushMark } from '../../server/pushes/push-mark.ts';
import { MAX_WAITING, ReceivingGits, type WantedGit } from '../../server/pushes/receiving-gits.ts';
import { temporaryRepositories } from '../support/repositories.ts';

let world: Awaited<ReturnType<typeof temporaryRepositories>>;
let wanted: WantedGit;
/** Every git that was started, in order. */
let started: ChildProcess[];
let spawning: MockInstance<Git['spawn']>;
beforeEach(async () => {
  world = await temporaryRepositories();
  const component = world.component('python');
  await world.repositories.ensure(component, ['refs/heads/scl-python33-el7'], new Date(0));
  wanted = {
    repository: world.repositories.path(component),
    user: 'ann' as UserName,
    args: ['--stateless-rpc'],
    protocol: null,
  };
  started = [];
  const spawn = world.git.spawn.bind(world.git);
  spawning = vi.spyOn(world.git, 'spawn').mockImplementation((...args) => {
    const child = spawn(...args);
    started.push(child);
    return child;
  });
});
afterEach(async () => {
  for (const child of started) if (isAlive(child)) await ended(child);
  await world[Symbol.asyncDispose]();
});

const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}

describe('a git for a push', () => {
  it('that was announced waits for it, once', async () => {
    const gits = new ReceivingGits(world.git);
    gits.announce(wanted);
    gits.announce(wanted);
    expect(started).toHaveLength(1);
    const first = gits.start(wanted);
    expect(first.process).toBe(started[0]);
    const second = gits.start(wanted);
    expect(second.process).toBe(started[1]);
    expect(second.push).not.toBe(first.push);
    for (const { process, push } of [first, second]) {
      const environment = (await readFile(`/proc/${process.pid}/environ`, 'utf8')).split('\0');
      expect(environment).toContain(`GIT_COMMITTER_EMAIL=${pushMark(push)}`);
      expect(environment).toContain('GIT_COMMITTER_NAME=ann');
    }
  });

  it.each<Partial<WantedGit>>([
    { user: 'carol' as UserName },
    { repository: '/nowhere/else.git' },
    { args: [] },
    { protocol: 'version=1' },
  ])('is not one that waits for another: %o', (other) => {
    const gits = new ReceivingGits(world.git);
    gits.announce(wanted);
    expect(gits.start({ ...wanted, ...other }).process).toBe(started[1]);
    expect(gits.start(wanted).process).toBe(started[0]);
  });

  it('is a new one where that which waited has died', async () => {
    const gits = new ReceivingGits(world.git);
    gits.announce(wanted);
    await ended(started[0] as ChildProcess);
    const { process } = gits.start(wanted);
    expect(process).toBe(started[1]);
    expect(isAlive(process)).toBe(true);
  });

  it('that could not be started ahead is started when the push comes', () => {
    // As node leaves it where there are no descriptors for its pipes.
    const failed = new ChildProcess();
    spawning.mockReturnValueOnce(failed);
    const gits = new ReceivingGits(world.git);
    gits.announce(wanted);
    expect(failed.emit('error', new Error('spawn git EMFILE'))).toBe(true);
    spawning.mockImplementationOnce(() => {
      throw new Error('spawn git ENOMEM');
    });
    gits.announce(wanted);
    expect(gits.start(wanted).process).toBe(started[0]);
  });

  it('that can not be started is refused, and harms nobody', () => {
    const failed = new ChildProcess();
    spawning.mockReturnValueOnce(failed);
    const gits = new ReceivingGits(world.git);
    expect(() => gits.start(wanted)).toThrow('The server can start no more programs now.');
    expect(failed.emit('error', new Error('spawn git EMFILE'))).toBe(true);
    expect(gits.start(wanted).process).toBe(started[0]);
  });

  it('ends where its push does not come', async () => {
    const gits = new ReceivingGits(world.git, 1);
    gits.announce(wanted);
    const [waiting] = started as [ChildProcess];
    await once(waiting, 'close');
    expect(gits.start(wanted).process).toBe(started[1]);
  });

  it('is the caller’s from its start on, however long the push takes', async () => {
    const gits = new ReceivingGits(world.git, 1);
    gits.announce(wanted);
    const { process } = gits.start(wanted);
    // The time is up for a git that is announced later.
    gits.announce(wanted);
    await once(started[1] as ChildProcess, 'close');
    expect(isAlive(process)).toBe(true);
  });

  it('waits beside no more than a few others', () => {
    const gits = new ReceivingGits(world.git);
    const of = (index: number): WantedGit => ({ ...wanted, protocol: `version=${index}` });
    for (let index = 0; index <= MAX_WAITING; index++) gits.announce(of(index));
    expect(started).toHaveLength(MAX_WAITING);
    expect(gits.start(of(MAX_WAITING)).process).toBe(started[MAX_WAITING]);
  });
});
