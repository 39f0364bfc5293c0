import { DistGitError } from '../../core/api/distgit-error.ts';
import type { CallAnswer } from './hub.ts';
import { faultError } from './koji-fault.ts';
import { isArray, isStruct, type XmlRpcStruct, type XmlRpcValue } from './xmlrpc-value.ts';

/** @throws DistGitError with Koji's words */
export function valueOf(answer: CallAnswer): XmlRpcValue {
  if ('fault' in answer) throw faultError(answer.fault);
  return answer.value;
}

export function list(value: XmlRpcValue | undefined): readonly XmlRpcValue[] {
  return isArray(value) ? value : garbled();
}
export function struct(value: XmlRpcValue | undefined): XmlRpcStruct {
  return isStruct(value) ? value : garbled();
}
export function textIn(value: XmlRpcValue, name: string): string {
  const text = struct(value)[name];
  return typeof text === 'string' ? text : garbled();
}
export function numberIn(value: XmlRpcValue, name: string): number {
  const number = struct(value)[name];
  return typeof number === 'number' ? number : garbled();
}

export function garbled(): never {
  throw new DistGitError('unavailable', 'An answer of Koji does not fit what was asked.', {
    detail: { remedy: 'Tell a site admin: the server and this Koji do not fit together.' },
  });
}
