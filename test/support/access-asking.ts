import { createHash } from 'node:crypto';
import { API_ROOT } from '../../core/api/routes.ts';
import type { Asked } from '../core/support/access-table.ts';
import {
  OTHER_USER,
  STAGE_AT,
  type Stage,
  type StageAt,
  type StageCell,
  sigOfCollection,
  userOf,
} from './access-stage.ts';
import type { TestServer } from './test-server.ts';

interface Asking {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly content?: string;
}

const HASH = createHash('sha512').update('nothing that is there').digest('hex');
const UNKNOWN_USER = 'nobody-here';

/** The request that takes the right and changes nothing; null: none does it yet. */
function askingFor({ asked, at }: StageCell, stage: Stage): Asking | null {
  const { component, collections } = STAGE_AT[at];
  const [collection] = collections;
  const sig = sigOfCollection(collection);
  const api = (method: string, path: string, body?: object): Asking => ({
    method,
    path: `${API_ROOT}${path}`,
    ...(body === undefined ? {} : { body }),
  });
  const git = (service: string): Asking => ({
    method: 'GET',
    path: `/scls/${component}.git/info/refs?service=${service}`,
  });
  const asking: Record<Asked, () => Asking | null> = {
    read: () => git('git-upload-pack'),
    push: () => git('git-receive-pack'),
    // The body is not what the hash says: nothing is stored of what is let in.
    upload: () => ({
      method: 'PUT',
      path: `/lookaside/${component}/a.tar/sha512/${HASH}`,
      content: 'something else',
    }),
    'manage-component': () => api('POST', '/components', { name: component, collections }),
    'manage-collection': () =>
      api('POST', `/collections/${collection}/releases`, { release: '7', depends: [] }),
    'request-koji': () => api('POST', '/requests/koji', { collection }),
    'apply-koji': () => null,
    'manage-sig': () => api('DELETE', `/sigs/${sig}/approvals/${UNKNOWN_USER}`),
    'own-request': () => api('POST', '/requests/access', { sig }),
    'other-request': () => api('DELETE', `/requests/${stage.requests[sig]}`),
    'own-tokens': () => api('GET', '/tokens'),
    'other-tokens': () => api('GET', `/tokens?user=${OTHER_USER}`),
    'own-keys': () => api('GET', '/keys'),
    'other-keys': () => api('GET', `/keys?user=${OTHER_USER}`),
    administer: () => api('GET', '/jobs'),
    conquer: () => null,
  };
  return asking[asked]();
}

/**
 * Asks a running server for the right of a cell.
 * @returns `allowed`, or `-` and the rule that the refusal names, `(mute)` where it names no rule or
 * nothing to do; null where no request takes this right
 */
export async function askServer(
  server: TestServer,
  stage: Stage,
  cell: StageCell,
): Promise<string | null> {
  const asking = askingFor(cell, stage);
  if (asking === null) return null;
  const content = asking.body === undefined ? asking.content : JSON.stringify(asking.body);
  const response = await fetch(server.url + asking.path, {
    method: asking.method,
    headers: {
      ...authorization(cell, stage),
      ...(asking.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(content === undefined ? {} : { body: content }),
  });
  const text = await response.text();
  if (response.status >= 500) return `status ${response.status}`;
  if (response.status !== 401 && response.status !== 403) return 'allowed';
  return `-${ruleOf(response, text)}`;
}

/** What a refusal says: both dialects name the rule, and what to do next. */
function ruleOf(response: Response, text: string): string {
  if (response.headers.get('content-type')?.includes('json') === true) {
    const { rule, remedy, detail } = JSON.parse(text) as Record<string, string | undefined>;
    return /\w/.test(remedy ?? '') && /\w/.test(detail ?? '') ? (rule ?? '(mute)') : '(mute)';
  }
  const match = /^\S.*\S \[([a-z-]+)\]\n\S.*\n$/.exec(text);
  return match?.[1] ?? '(mute)';
}

function authorization({ role, kind }: StageCell, stage: Stage): Record<string, string> {
  return role === null ? {} : { Authorization: `Bearer ${stage.token(role, kind)}` };
}

const NAMED: Readonly<Partial<Record<Asked, 'request-access' | 'manage-tokens' | 'manage-keys'>>> =
  {
    'own-request': 'request-access',
    'other-request': 'request-access',
    'own-tokens': 'manage-tokens',
    'other-tokens': 'manage-tokens',
    'own-keys': 'manage-keys',
    'other-keys': 'manage-keys',
  };

/** Asks `explain` about a cell, with the credential of the cell. */
export async function askExplain(server: TestServer, stage: Stage, cell: StageCell) {
  const { asked, at, role } = cell;
  const { component, collections } = STAGE_AT[at];
  const [collection] = collections;
  const own = role === null ? OTHER_USER : userOf(role);
  const { status, body } = await server.call(
    'explain',
    {
      action: NAMED[asked] ?? (asked as 'push'),
      component,
      collection,
      sig: sigOfCollection(collection),
      owner: asked.startsWith('other-') ? OTHER_USER : own,
    },
    role === null ? null : stage.token(role, cell.kind),
  );
  if (status !== 200) throw new Error(`explain answers with ${status}`);
  return { answer: body.allowed ? 'allowed' : `-${body.rule}`, ...body };
}

/** The places at which an action is asked about. */
export function placesOf(asked: Asked): readonly StageAt[] {
  if (asked === 'push' || asked === 'upload' || asked === 'manage-component')
    return ['own', 'other', 'both'];
  const withoutSig: readonly Asked[] = [
    'read',
    'own-tokens',
    'other-tokens',
    'own-keys',
    'other-keys',
    'administer',
  ];
  return withoutSig.includes(asked) ? ['own'] : ['own', 'other'];
}
