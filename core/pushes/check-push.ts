import type { SigName } from '../domain/sig.ts';
import { branchOpen } from './policies/branch-open.ts';
import { branchProvisioned } from './policies/branch-provisioned.ts';
import { flatTree } from './policies/flat-tree.ts';
import { forwardOnly } from './policies/forward-only.ts';
import { permission } from './policies/permission.ts';
import { regularFiles } from './policies/regular-files.ts';
import { sourcesInLookaside } from './policies/sources-in-lookaside.ts';
import { specFile } from './policies/spec-file.ts';
import { specNvr } from './policies/spec-nvr.ts';
import { specSources } from './policies/spec-sources.ts';
import { specSyntax } from './policies/spec-syntax.ts';
import { tagOnBranch } from './policies/tag-on-branch.ts';
import { textFiles } from './policies/text-files.ts';
import {
  POLICY_LEVELS,
  type PolicyLevel,
  type PushPolicy,
  shortRef,
  type Violation,
} from './policy.ts';
import { NULL_OID, type PushFacts } from './push-facts.ts';

/** Every check of a push. A new check is one file in `policies/` and one line here. */
export const PUSH_POLICIES: readonly PushPolicy[] = [
  branchProvisioned,
  permission,
  branchOpen,
  forwardOnly,
  tagOnBranch,
  flatTree,
  regularFiles,
  specFile,
  specSyntax,
  specSources,
  specNvr,
  sourcesInLookaside,
  textFiles,
];

/** The names that the configuration may set a level for. */
export const ADJUSTABLE_POLICIES = PUSH_POLICIES.filter((policy) => !policy.fixed).map(
  (policy) => policy.name,
);

/** Level by policy name, for everybody and by SIG. */
export interface PolicyLevels {
  readonly default: Readonly<Record<string, PolicyLevel>>;
  readonly sigs: Readonly<Record<string, Readonly<Record<string, PolicyLevel>>>>;
}

export interface Finding extends Violation {
  readonly policy: string;
  readonly level: PolicyLevel;
}

/** The level of a policy for a SIG: the SIG's own, else everybody's, else the policy's own. */
export function policyLevel(
  levels: PolicyLevels,
  policy: PushPolicy,
  sig: SigName | null,
): PolicyLevel {
  if (policy.fixed) return 'error';
  const own = sig === null ? undefined : levels.sigs[sig]?.[policy.name];
  return own ?? levels.default[policy.name] ?? policy.level ?? 'error';
}

/**
 * Runs every policy and collects all findings, in the policies' order, so that a refused push is
 * told every reason at once. A push of too many refs is refused without looking further.
 */
export async function checkPush(facts: PushFacts, levels: PolicyLevels): Promise<Finding[]> {
  const { updates, limits, component } = facts;
  if (updates.length > limits.maxRefs)
    return [
      {
        policy: 'max-refs',
        level: 'error',
        where: component.name,
        sig: null,
        problem: `the push updates ${updates.length} refs; at most ${limits.maxRefs} are taken at once`,
        remedy: 'push the branches that you changed, by name',
      },
    ];
  const missing = await missingObjects(facts);
  if (missing.length > 0) return missing;
  // All at once: what they ask of git and the database is asked together, and waited for together.
  const found = await Promise.all(PUSH_POLICIES.map((policy) => policy.check(facts)));
  return PUSH_POLICIES.flatMap((policy, index) =>
    (found[index] ?? []).map(
      (one): Finding =>
        Object.assign({}, one, {
          policy: policy.name,
          level: policyLevel(levels, policy, one.sig),
        }),
    ),
  );
}

/** Updates that name what is not there: nothing else about them can be told. */
async function missingObjects({ updates, objects }: PushFacts): Promise<Finding[]> {
  const lost = async (oid: string): Promise<boolean> =>
    oid !== NULL_OID &&
    (await objects.size(oid).then(
      () => false,
      () => true,
    ));
  const found = updates.map(async ({ ref, oldOid, newOid }): Promise<Finding[]> => {
    const [newIsLost, oldIsLost] = await Promise.all([lost(newOid), lost(oldOid)]);
    const where = shortRef(ref);
    const finding = { policy: 'objects', level: 'error', where, sig: null } as const;
    if (newIsLost)
      return [
        {
          ...finding,
          problem: `${newOid} was not sent`,
          remedy: 'update git and push again; "git fsck" tells whether your clone is whole',
        },
      ];
    return oldIsLost
      ? [{ ...finding, problem: `it is not at ${oldOid}`, remedy: 'fetch, then push again' }]
      : [];
  });
  return (await Promise.all(found)).flat();
}

export function isRefused(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.level === 'error');
}

/** More findings than this would hide what matters. */
const MAX_SHOWN = 50;

/** The findings as git shows them behind `remote:`; ASCII, because terminals differ. */
export function findingLines(component: string, findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const errors = findings.filter((finding) => finding.level === 'error').length;
  const warnings = findings.length - errors;
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  const head =
    errors > 0
      ? `Push to ${component} refused: ${count(errors, 'error')}${warnings > 0 ? `, ${count(warnings, 'warning')}` : ''}. Nothing was changed.`
      : `Push to ${component} accepted with ${count(warnings, 'warning')}.`;
  const byLevel = findings.toSorted(
    (a, b) => POLICY_LEVELS.indexOf(a.level) - POLICY_LEVELS.indexOf(b.level),
  );
  const shown = byLevel.slice(0, MAX_SHOWN);
  const rest = findings.length - shown.length;
  return [
    head,
    ...shown.flatMap((finding) => [
      `${finding.level}: ${printable(finding.where)}: ${printable(finding.problem)} (${finding.policy})`,
      `  to do: ${printable(finding.remedy)}`,
    ]),
    ...(rest > 0 ? [`... and ${rest} more`] : []),
  ];
}

/** File names in a push come from anybody: no control characters reach a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
