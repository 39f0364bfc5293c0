import { DistGitError } from '../../core/api/distgit-error.ts';
import { TASK_STATES, type TaskState } from '../../core/domain/build.ts';
import type { CallAnswer } from '../koji/hub.ts';
import { faultError } from '../koji/koji-fault.ts';
import { isArray, isStruct, type XmlRpcStruct, type XmlRpcValue } from '../koji/xmlrpc-value.ts';

const unfit = (what: string): DistGitError =>
  new DistGitError('unavailable', `The answer of Koji has no ${what}.`, {
    detail: { remedy: 'Tell a site admin: the server and this Koji do not fit together.' },
  });

/** @throws DistGitError `unavailable` where the member is no text */
export function textOf(struct: XmlRpcStruct, name: string): string {
  const value = struct[name];
  if (typeof value !== 'string') throw unfit(name);
  return value;
}

/** @throws DistGitError `unavailable` where the member is no whole number */
export function numberOf(struct: XmlRpcStruct, name: string): number {
  return wholeNumber(struct[name], name);
}

/** @throws DistGitError `unavailable` */
export function wholeNumber(value: XmlRpcValue | undefined, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw unfit(what);
  return value;
}

/** Null stands for what Koji does not have. @throws DistGitError `unavailable` for all else */
export function structOrNull(value: XmlRpcValue | undefined, what: string): XmlRpcStruct | null {
  if (value === null) return null;
  if (!isStruct(value)) throw unfit(what);
  return value;
}

/** @throws DistGitError `unavailable` */
export function structsOf(value: XmlRpcValue | undefined, what: string): XmlRpcStruct[] {
  if (!isArray(value)) throw unfit(what);
  return value.map((one) => structOrNull(one, what) ?? {});
}

/** One answer of many. @throws DistGitError in Koji's words where it refused that one */
export function answerAt(answers: readonly CallAnswer[], index: number): XmlRpcValue {
  const answer = answers[index];
  if (answer === undefined) throw unfit('answer to this');
  if ('fault' in answer) throw faultError(answer.fault);
  return answer.value;
}

/** A task as Koji tells of it. */
export interface Task {
  readonly id: number;
  readonly parent: number | null;
  readonly state: TaskState;
  readonly method: string;
  readonly label: string;
  readonly arch: string;
  /** What it was asked for, where that was asked for as well. */
  readonly request: readonly XmlRpcValue[];
}

/** @throws DistGitError `unavailable` */
export function taskOf(info: XmlRpcStruct): Task {
  const state = TASK_STATES[numberOf(info, 'state')];
  if (state === undefined) throw unfit('state that is known');
  const { parent, label, arch, request } = info;
  return {
    id: numberOf(info, 'id'),
    parent: typeof parent === 'number' ? parent : null,
    state,
    method: textOf(info, 'method'),
    label: typeof label === 'string' ? label : '',
    arch: typeof arch === 'string' ? arch : '',
    request: isArray(request) ? request : [],
  };
}

/** What `getTaskDescendents` answers, parents before their children. @throws DistGitError */
export function descendentsOf(value: XmlRpcValue, top: number): Task[] {
  if (!isStruct(value)) throw unfit('tasks');
  const found: Task[] = [];
  const walk = (id: number, depth: number): void => {
    if (depth > 10) return;
    const children = structsOf(value[String(id)] ?? [], 'tasks').map(taskOf);
    for (const child of children.toSorted((a, b) => a.id - b.id)) {
      found.push(child);
      walk(child.id, depth + 1);
    }
  };
  walk(top, 0);
  return found;
}
