import { DistGitError } from '../../core/api/distgit-error.ts';
import { HubCaller, type Outcome } from './hub-caller.ts';
import type { HubOptions, HubUpload } from './hub-line.ts';
import { type KojiFault, kojiFault } from './koji-fault.ts';
import { faultOf } from './xmlrpc-decode.ts';
import { isArray, isStruct, XmlRpcError, type XmlRpcValue } from './xmlrpc-value.ts';

export interface HubCall {
  readonly method: string;
  /** In their order; keyword arguments are the last, see `keywords`. */
  readonly params: readonly XmlRpcValue[];
}

/** What came of one call of many. */
export type CallAnswer = { readonly value: XmlRpcValue } | { readonly fault: KojiFault };

/** What came of calls that write. */
export type WriteOutcome =
  | { readonly kind: 'answered'; readonly answers: readonly CallAnswer[] }
  /** At least one was done, the answers are lost: read what Koji has now. */
  | { readonly kind: 'committed' };

/**
 * Koji's hub, by what it can be asked; every method of it throws DistGitError. A call that is in
 * doubt is never taken for done, nor for not done, see `HubCaller`.
 */
export interface Hub {
  /** One call that changes nothing; a fault of Koji is thrown, see `faultOfError`. */
  read(method: string, ...params: readonly XmlRpcValue[]): Promise<XmlRpcValue>;
  /** One call that changes something; a fault of Koji is thrown. */
  write(method: string, ...params: readonly XmlRpcValue[]): Promise<Outcome>;
  /** Many in one request, an answer to each in their order. */
  readAll(calls: readonly HubCall[]): Promise<readonly CallAnswer[]>;
  /** Many in one request. One that fails does not keep the others from being done. */
  writeAll(calls: readonly HubCall[]): Promise<WriteOutcome>;
  /** A piece of a file for its folder of uploads; the answer is `uploadFile`'s to look at. */
  upload(upload: HubUpload): Promise<XmlRpcValue>;
  /** Waits for the calls that are under way, then logs out. */
  close(): Promise<void>;
}

/** Connects with the first call, and logs in anew where a login has ended. */
export function openHub(options: HubOptions): Hub {
  const caller = new HubCaller(options);
  const many = (calls: readonly HubCall[]): readonly XmlRpcValue[] => [
    calls.map(({ method, params }) => ({ methodName: method, params })),
  ];
  return {
    async read(method, ...params) {
      return valueOf(await caller.call('read', method, params));
    },
    write: (method, ...params) => caller.call('write', method, params),
    async readAll(calls) {
      if (calls.length === 0) return [];
      return answersOf(valueOf(await caller.call('read', 'multiCall', many(calls))), calls);
    },
    async writeAll(calls) {
      if (calls.length === 0) return { kind: 'answered', answers: [] };
      const outcome = await caller.call('write', 'multiCall', many(calls));
      if (outcome.kind === 'committed') return outcome;
      return { kind: 'answered', answers: answersOf(outcome.value, calls) };
    },
    async upload(upload) {
      return valueOf(await caller.upload(upload));
    },
    close: () => caller.close(),
  };
}

function valueOf(outcome: Outcome): XmlRpcValue {
  if (outcome.kind === 'answered') return outcome.value;
  throw garbled();
}

/** An answer with one value is a value, a struct a fault. */
function answersOf(value: XmlRpcValue, calls: readonly HubCall[]): CallAnswer[] {
  if (!isArray(value) || value.length !== calls.length) throw garbled();
  return value.map((one) => {
    if (isArray(one) && one.length === 1) return { value: one[0] ?? null };
    try {
      if (isStruct(one)) return { fault: kojiFault(faultOf(one)) };
    } catch (error) {
      if (!(error instanceof XmlRpcError)) throw error;
    }
    throw garbled();
  });
}

const garbled = (): DistGitError =>
  new DistGitError('unavailable', 'An answer of Koji does not fit what was asked.', {
    detail: { remedy: 'Look at what Koji has before anything is asked again.' },
  });
