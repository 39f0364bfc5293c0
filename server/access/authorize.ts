import type { AccessRequest } from '../../core/access/action.ts';
import { type Decision, decide } from '../../core/access/decide.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Database } from '../db/database.ts';
import { type RequestContext, recordAudit } from './audit.ts';

type Refusal = Extract<Decision, { allowed: false }>;

/** The error a refusal becomes: 401 for who has not logged in, 403 for who may not. */
export function refusalError(refusal: Refusal): DistGitError {
  const code = refusal.rule === 'login-required' ? 'authentication_required' : 'not_allowed';
  return new DistGitError(code, refusal.reason, {
    detail: { rule: refusal.rule, remedy: refusal.remedy },
  });
}

/**
 * Asks the one decision; a refusal is audited and thrown, an approval goes back to the caller, who
 * audits it together with what it does.
 * @throws DistGitError `authentication_required`, `not_allowed`
 */
export async function authorize(
  db: Database,
  context: RequestContext,
  request: AccessRequest,
  subject: string,
): Promise<Decision> {
  const decision = decide(context.principal, request);
  if (decision.allowed) return decision;
  await recordAudit(db.sql, context, { action: request.action, subject, decision });
  throw refusalError(decision);
}
