import { branchRef } from '../domain/branch-name.ts';
import { NULL_OID, type PushedBranch, type PushFacts, type RefUpdate } from './push-facts.ts';

/** The provisioned branch that an update goes to, or null. */
export function branchOf(facts: PushFacts, update: RefUpdate): PushedBranch | null {
  return facts.component.branches.find((branch) => branchRef(branch) === update.ref) ?? null;
}

/** The updates that put content on a provisioned branch: those the content checks look at. */
export function contentUpdates(
  facts: PushFacts,
): { readonly update: RefUpdate; readonly branch: PushedBranch }[] {
  return facts.updates.flatMap((update) => {
    const branch = branchOf(facts, update);
    return branch === null || update.newOid === NULL_OID ? [] : [{ update, branch }];
  });
}
