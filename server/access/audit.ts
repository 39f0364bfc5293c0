import type { Decision } from '../../core/access/decide.ts';
import { ANONYMOUS, type Principal, type UserPrincipal } from '../../core/access/principal.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Sql } from '../db/database.ts';

/** Who asks, from where: made once per request. */
export interface RequestContext {
  readonly requestId: string;
  /** The peer's IP address. */
  readonly address: string;
  readonly principal: Principal;
}

/** Who acts. @throws DistGitError `authentication_required` */
export function requireUser(context: RequestContext): UserPrincipal {
  if (context.principal.kind === 'user') return context.principal;
  throw new DistGitError('authentication_required', 'This needs a login.', {
    detail: { rule: 'login-required', remedy: 'Log in with a token.' },
  });
}

export interface AuditEntry {
  /** What was done, as a verb and noun: `push`, `collection.create`. */
  readonly action: string;
  readonly subject: string;
  readonly decision: Decision;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The row of an entry, for statements that write it together with what it tells of. */
export function auditRow(context: RequestContext, entry: AuditEntry) {
  const { principal } = context;
  return {
    actor: principal.kind === 'user' ? principal.name : 'anonymous',
    credential: principal.kind === 'user' ? principal.credential : '',
    address: context.address,
    request_id: context.requestId,
    action: entry.action,
    subject: entry.subject,
    allowed: entry.decision.allowed,
    rule: entry.decision.rule,
    detail: JSON.stringify(entry.detail ?? {}),
  };
}

/** The row of what the server does by itself. */
export function serverAuditRow(entry: AuditEntry) {
  const context = { requestId: '', address: '', principal: ANONYMOUS };
  return { ...auditRow(context, entry), actor: 'server' };
}

/** Appends to the audit log, in the transaction of what it tells of. */
export async function recordAudit(
  sql: Sql,
  context: RequestContext,
  entry: AuditEntry,
): Promise<void> {
  await sql.insertInto('audit_log').values(auditRow(context, entry)).execute();
}
