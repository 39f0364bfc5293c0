import { randomUUID } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import type { UserPrincipal } from '../../core/access/principal.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import { parseSshCommand, SSH_SERVICES, type SshService } from '../../core/domain/ssh-command.ts';
import { parseSshFingerprint } from '../../core/domain/ssh-key.ts';
import { type GitSlots, MAX_FETCH_REQUEST } from '../git/git-slots.ts';
import { requireRepository } from '../git/require-repository.ts';
import type { SshIdentities } from '../identity/ssh-identities.ts';
import { PushAdvice } from '../pushes/push-advice.ts';
import {
  type Pusher,
  type PushStage,
  type ReceivePackDeps,
  startReceivePack,
} from '../pushes/receive-pack.ts';
import { requirePush } from '../pushes/require-push.ts';
import { FrameWriter } from './frame-writer.ts';
import type { SessionQuestion } from './questions.ts';
import { runGit } from './run-git.ts';

export interface SshSessionDeps extends ReceivePackDeps {
  readonly identities: SshIdentities;
  readonly namespace: string;
  readonly slots: GitSlots;
  readonly maxPushSize: number;
  /** What SSH URLs begin with. */
  readonly url: string;
}

type Session = Required<Pusher>;

/** One SSH session from the client's command to its exit status. Never throws. */
export async function serveSession(
  deps: SshSessionDeps,
  socket: Socket,
  question: SessionQuestion,
): Promise<void> {
  const requestId = randomUUID();
  const out = new FrameWriter(socket);
  let user = '';
  let status = 1;
  try {
    const again = (): Promise<UserPrincipal> => identify(deps.identities, question);
    const principal = await again();
    user = principal.name;
    const address = isIP(question.address) === 0 ? '' : question.address;
    const context = { requestId, address, principal, again };
    status = await runCommand(deps, socket, out, context, question);
  } catch (raw) {
    const error =
      raw instanceof DistGitError
        ? raw
        : new DistGitError('internal', `The server failed. Request ${requestId}.`, { cause: raw });
    if (error.code === 'internal') deps.log.error({ err: raw, requestId }, 'an SSH session failed');
    else deps.log.info({ err: error, requestId, user }, 'an SSH session was refused');
    await tell(out, question.command, error);
  }
  out.end(status);
  const { command } = question;
  deps.log.info({ requestId, user, command: command?.slice(0, 200), status }, 'SSH session');
}

function identify(identities: SshIdentities, question: SessionQuestion): Promise<UserPrincipal> {
  return 'key' in question
    ? identities.byKey(parseSshFingerprint(question.key))
    : identities.byCertificate(question.certificate);
}

/** @returns the exit status */
async function runCommand(
  deps: SshSessionDeps,
  socket: Socket,
  out: FrameWriter,
  session: Session,
  { command: text, protocol }: SessionQuestion,
): Promise<number> {
  const command = parseSshCommand(text, deps.namespace);
  if (command.kind === 'git') {
    const env: Record<string, string> = protocol === null ? {} : { GIT_PROTOCOL: protocol };
    return serveGit(deps, socket, out, session, command.service, command.component, env);
  }
  await out.write('stdout', `${whoIs(session.principal)}\n`);
  if (command.kind === 'whoami') return 0;
  await out.write(
    'stderr',
    `There is no shell here; git works: git clone ${deps.url}/${deps.namespace}/<component>.git\n`,
  );
  return 1;
}

async function serveGit(
  deps: SshSessionDeps,
  socket: Socket,
  out: FrameWriter,
  session: Session,
  service: SshService,
  name: ComponentName,
  env: Readonly<Record<string, string>>,
): Promise<number> {
  if (service !== 'git-receive-pack') {
    const repository = await requireRepository(deps, name);
    const args =
      service === 'git-upload-pack'
        ? ['upload-pack', '--strict', repository]
        : ['upload-archive', repository];
    return runGit(deps.slots, socket, out, {
      start: () => deps.git.spawn(args, { env, stdio: ['pipe', 'pipe', 'pipe'] }),
      inputLimit: MAX_FETCH_REQUEST,
      stopEarly: true,
    });
  }
  const component = await requirePush(deps, session, name);
  await requireRepository(deps, name);
  let end: Promise<PushStage> = Promise.resolve('moved');
  return runGit(deps.slots, socket, out, {
    start: async () => {
      const started = await startReceivePack(
        deps,
        session,
        component,
        [],
        env.GIT_PROTOCOL ?? null,
      );
      ({ end } = started);
      return started.process;
    },
    // The pack itself is limited by git; this stops what is no pack at all.
    inputLimit: deps.maxPushSize + MAX_FETCH_REQUEST,
    through: () => new PushAdvice(() => end, true),
    stopEarly: false,
  });
}

function whoIs({ name, admin, credential, validUntil, ...user }: UserPrincipal): string {
  const sigs = user.memberships.map(({ sig, role }) => `${sig} (${role})`);
  const approvals = user.approvals.map(
    ({ sig, components }) => `${sig} (${components === null ? 'all' : components.join(', ')})`,
  );
  return [
    `user         ${name}${admin ? ' (site admin)' : ''}`,
    `credential   ${credential}`,
    `valid until  ${validUntil ?? '-'}`,
    `member of    ${sigs.join(', ') || '-'}`,
    `approved by  ${approvals.join(', ') || '-'}`,
  ].join('\n');
}

/** The reason, the rule and the next step: as git's own error packet to a git, else as text. */
async function tell(out: FrameWriter, command: string | null, error: DistGitError): Promise<void> {
  const { rule, remedy } = error.detail;
  const lines = [
    rule === undefined ? error.message : `${error.message} [${rule}]`,
    ...(remedy === undefined ? [] : [remedy]),
  ].join('\n');
  const asked = command?.replace(/^git /, 'git-').split(' ', 1)[0];
  if (out.began || !SSH_SERVICES.some((one) => one === asked)) {
    await out.write('stderr', `${lines}\n`);
    return;
  }
  const packet = `ERR ${lines}`;
  const length = (4 + Buffer.byteLength(packet)).toString(16).padStart(4, '0');
  await out.write('stdout', `${length}${packet}`);
}
