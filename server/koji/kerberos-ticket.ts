import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** By which the server logs in at the hub. */
export interface KerberosAccount {
  /** `distgit/git.example.org@EXAMPLE.ORG`. */
  readonly principal: string;
  /** The file with the principal's keys; read by Kerberos, for each login. */
  readonly keytab: string;
  /** Of realms and their KDCs; where missing, the machine's own. */
  readonly config?: string;
}

export type KerberosQuestion =
  | { readonly service: string; readonly principal: string }
  /** What the service said to the token, in base64. */
  | { readonly answer: string };
export type KerberosAnswer =
  | { readonly token: string }
  | { readonly isProved: boolean }
  | { readonly failure: string };

/** Kerberos gave no ticket; the message has its words, and no key or ticket. */
export class NoTicket extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NoTicket';
  }
}

/** For one login at a service. */
export interface Ticket {
  /** In base64, for `Authorization: Negotiate`. */
  readonly token: string;
  /** Is this the answer of who has the service's key, and has seen the token? */
  readonly proves: (answer: string) => Promise<boolean>;
}

const PROGRAM = fileURLToPath(new URL('kerberos-process.ts', import.meta.url));

/**
 * Gets a ticket by the keytab, and forgets it after `act`. That is done in a process of its own:
 * Kerberos takes the keytab from the environment, which is the whole process's, and keeps tickets
 * in memory that nobody but that process has. So every login has a ticket that is new.
 * @param service `HTTP@koji.example.org`
 * @param timeoutMs for the ticket, and as much again for the proof
 * @throws NoTicket, before `act`
 */
export async function withTicket<T>(
  { principal, keytab, config }: KerberosAccount,
  service: string,
  timeoutMs: number,
  act: (ticket: Ticket) => Promise<T>,
): Promise<T> {
  const child = fork(PROGRAM, [], {
    env: {
      LC_ALL: 'C',
      KRB5_CLIENT_KTNAME: `FILE:${keytab}`,
      KRB5CCNAME: 'MEMORY:',
      ...(config === undefined ? {} : { KRB5_CONFIG: config }),
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    const got = await ask(child, { service, principal }, timeoutMs);
    if (!('token' in got)) throw new NoTicket('failure' in got ? got.failure : 'no words');
    return await act({
      token: got.token,
      async proves(answer) {
        const proof = await ask(child, { answer }, timeoutMs);
        return 'isProved' in proof && proof.isProved;
      },
    });
  } finally {
    child.kill('SIGKILL');
  }
}

/** One question and what came of it: a failure where the process ends, or is silent. */
async function ask(
  child: ChildProcess,
  question: KerberosQuestion,
  timeoutMs: number,
): Promise<KerberosAnswer> {
  const { promise, resolve } = Promise.withResolvers<KerberosAnswer>();
  const fail = (failure: string): void => resolve({ failure });
  const timer = setTimeout(() => fail(`No answer of Kerberos in ${timeoutMs} ms.`), timeoutMs);
  child.once('message', (answer) => resolve(answer as KerberosAnswer));
  child.once('exit', (code, signal) => fail(`The process for Kerberos ended: ${code ?? signal}.`));
  child.once('error', (error) => fail(error.message));
  child.send(question, (error) => {
    if (error !== null) fail(error.message);
  });
  return promise.finally(() => clearTimeout(timer));
}
