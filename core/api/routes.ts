/** The JSON API's root; see `schemas.ts` for what each operation takes and gives. */
export const API_ROOT = '/api/v1';

interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express form; the parameters are parsed by `core/domain` before a handler sees them. */
  readonly path: string;
  readonly summary: string;
  /** The body is a file, and all else stands in the query. */
  readonly file?: true;
}

/** Every operation of the API once: the server mounts it, the CLI calls it, OpenAPI lists it. */
export const ROUTES = {
  whoami: { method: 'get', path: '/whoami', summary: 'Who is asking, and what may they do' },
  showServer: { method: 'get', path: '/server', summary: 'Names, addresses and limits' },

  listUsers: { method: 'get', path: '/users', summary: 'All users' },
  createUser: { method: 'post', path: '/users', summary: 'Create a local user' },
  showUser: { method: 'get', path: '/users/:user', summary: 'One user' },
  updateUser: {
    method: 'patch',
    path: '/users/:user',
    summary: 'Disable a user, or make an admin',
  },

  listTokens: { method: 'get', path: '/tokens', summary: 'Tokens of a user' },
  createToken: { method: 'post', path: '/tokens', summary: 'Issue a token; it is shown once' },
  showToken: { method: 'get', path: '/tokens/:token', summary: 'One token' },
  revokeToken: { method: 'delete', path: '/tokens/:token', summary: 'Revoke a token at once' },

  listKeys: { method: 'get', path: '/keys', summary: 'SSH keys of a user' },
  addKey: { method: 'post', path: '/keys', summary: 'Add an SSH key, to use git with it' },
  removeKey: { method: 'delete', path: '/keys/:key', summary: 'Remove an SSH key at once' },

  listSigs: { method: 'get', path: '/sigs', summary: 'All SIGs' },
  createSig: { method: 'post', path: '/sigs', summary: 'Create a SIG' },
  showSig: { method: 'get', path: '/sigs/:sig', summary: 'One SIG: policies, members, approvals' },
  updateSig: { method: 'patch', path: '/sigs/:sig', summary: 'Change title or policies' },
  setQuota: {
    method: 'put',
    path: '/sigs/:sig/quota',
    summary: 'Limit what a SIG may have in the look-aside cache',
  },
  setMember: { method: 'put', path: '/sigs/:sig/members/:user', summary: 'Add a member or chair' },
  removeMember: { method: 'delete', path: '/sigs/:sig/members/:user', summary: 'Remove a member' },
  approveUser: {
    method: 'put',
    path: '/sigs/:sig/approvals/:user',
    summary: 'Approve a committer',
  },
  revokeApproval: {
    method: 'delete',
    path: '/sigs/:sig/approvals/:user',
    summary: 'Take an approval back',
  },

  explain: { method: 'get', path: '/explain', summary: 'Who may do what, and by which rule' },
  requestAccess: {
    method: 'post',
    path: '/requests/access',
    summary: 'Ask a SIG for an approval to commit',
  },
  requestKoji: {
    method: 'post',
    path: '/requests/koji',
    summary: 'Ask the site admins to set up Koji for a collection',
  },
  listRequests: { method: 'get', path: '/requests', summary: 'Requests of and to the asking user' },
  approveRequest: {
    method: 'post',
    path: '/requests/:request/approve',
    summary: 'Grant a request',
  },
  denyRequest: { method: 'post', path: '/requests/:request/deny', summary: 'Deny a request' },
  cancelRequest: {
    method: 'delete',
    path: '/requests/:request',
    summary: 'Take an own request back',
  },

  listCollections: { method: 'get', path: '/collections', summary: 'All collections' },
  createCollection: { method: 'post', path: '/collections', summary: 'Create a collection' },
  showCollection: { method: 'get', path: '/collections/:collection', summary: 'One collection' },
  updateCollection: {
    method: 'patch',
    path: '/collections/:collection',
    summary: 'Change names and settings of a collection',
  },
  applyDeclaration: {
    method: 'post',
    path: '/declarations',
    summary: 'Make collections as they are declared, all or none',
  },
  addRelease: {
    method: 'post',
    path: '/collections/:collection/releases',
    summary: 'Build a collection for another EL release',
  },
  setDepends: {
    method: 'put',
    path: '/collections/:collection/releases/:release/depends',
    summary: 'Say which collections it depends on',
  },
  showBuildroot: {
    method: 'get',
    path: '/collections/:collection/releases/:release/buildroot',
    summary: 'What Koji builds a collection in on one EL release',
  },
  setClosed: {
    method: 'put',
    path: '/collections/:collection/closed',
    summary: 'End a collection on EL releases, or take that back',
  },
  planKoji: {
    method: 'get',
    path: '/collections/:collection/koji/plan',
    summary: 'What Koji lacks, or has otherwise',
  },
  applyKoji: {
    method: 'post',
    path: '/collections/:collection/koji',
    summary: 'Set up Koji as the collection is declared',
  },
  showKoji: {
    method: 'get',
    path: '/collections/:collection/koji',
    summary: 'How far the set-up of Koji has come',
  },
  findDrift: {
    method: 'post',
    path: '/koji/drift',
    summary: 'Compare what was set up with what Koji has now',
  },

  listComponents: { method: 'get', path: '/components', summary: 'Components, by name' },
  createComponent: { method: 'post', path: '/components', summary: 'Create a component' },
  showComponent: { method: 'get', path: '/components/:component', summary: 'One component' },
  addToCollections: {
    method: 'post',
    path: '/components/:component/collections',
    summary: 'Add a component to collections',
  },
  setRetired: {
    method: 'put',
    path: '/components/:component/collections/:collection/retired',
    summary: 'Retire a component in a collection, or take that back',
  },
  showChecks: {
    method: 'get',
    path: '/components/:component/checks',
    summary: 'What a push of the asking user would be checked against',
  },
  listSpecs: {
    method: 'get',
    path: '/components/:component/specs',
    summary: 'NVR, sources and patches at the head of each branch of a component',
  },
  listSources: {
    method: 'get',
    path: '/components/:component/sources',
    summary: 'Files of a component in the look-aside cache',
  },

  recordOrigin: {
    method: 'put',
    path: '/components/:component/sources/origin',
    summary: 'Say where a file came from, and have its signature checked',
  },
  showStatement: {
    method: 'get',
    path: '/components/:component/sources/statement',
    summary: 'What is known of a file, as an in-toto statement',
  },
  showUsage: {
    method: 'get',
    path: '/lookaside/usage',
    summary: 'What the look-aside cache holds, by SIG',
  },
  collectGarbage: {
    method: 'post',
    path: '/lookaside/gc',
    summary: 'Find files that no commit ever named; apply puts them into quarantine',
  },
  listQuarantine: {
    method: 'get',
    path: '/lookaside/quarantine',
    summary: 'Files that can not be had, and why',
  },
  restoreSource: {
    method: 'post',
    path: '/lookaside/quarantine/restore',
    summary: 'Take an unused file out of quarantine',
  },
  startScrub: {
    method: 'post',
    path: '/lookaside/scrub',
    summary: 'Read and hash every file again',
  },
  showScrub: {
    method: 'get',
    path: '/lookaside/scrub',
    summary: 'How far the last scrub has come',
  },

  startBuild: { method: 'post', path: '/builds', summary: 'Build a commit of a branch in Koji' },
  startChain: {
    method: 'post',
    path: '/builds/chain',
    summary: 'Build components of a collection, one level after the other',
  },
  startSrpm: {
    method: 'post',
    path: '/builds/srpm',
    summary: 'Build an SRPM in Koji, for trying',
    file: true,
  },
  listBuilds: { method: 'get', path: '/builds', summary: 'Builds, newest first' },
  showBuild: { method: 'get', path: '/builds/:nvr', summary: 'Where a build came from' },
  promoteBuild: {
    method: 'post',
    path: '/builds/:nvr/promote',
    summary: 'Put a build into the tag of the next level',
  },
  demoteBuild: {
    method: 'post',
    path: '/builds/:nvr/demote',
    summary: 'Take a build out of the tag of a level',
  },
  recordResult: {
    method: 'post',
    path: '/builds/:nvr/results',
    summary: 'Record what came of a test of a build',
  },
  listResults: {
    method: 'get',
    path: '/builds/:nvr/results',
    summary: 'What came of the tests of a build, and which it needs',
  },
  showTask: { method: 'get', path: '/tasks/:task', summary: 'A task of Koji and those below it' },
  readTaskLog: {
    method: 'get',
    path: '/tasks/:task/logs/:of/:file',
    summary: 'A part of a log of a task of Koji',
  },
  cancelTask: { method: 'post', path: '/tasks/:task/cancel', summary: 'Cancel a build' },
  cancelBuild: {
    method: 'post',
    path: '/builds/:build/cancel',
    summary: 'Cancel a build that may have no task yet',
  },
  resubmitTask: {
    method: 'post',
    path: '/tasks/:task/resubmit',
    summary: 'Build again what failed or was canceled',
  },
  resubmitBuild: {
    method: 'post',
    path: '/builds/:build/resubmit',
    summary: 'Build again what may never have had a task',
  },
  resubmitPush: {
    method: 'post',
    path: '/pushes/:push/resubmit',
    summary: 'Try again to build a push, where that was given up',
  },
  setAutoBuild: {
    method: 'put',
    path: '/collections/:collection/auto-build',
    summary: 'Build what is pushed to a collection, or do not',
  },

  listPushes: { method: 'get', path: '/pushes', summary: 'Pushes, newest first' },
  listAudit: { method: 'get', path: '/audit', summary: 'The audit log, newest first' },
  listJobs: { method: 'get', path: '/jobs', summary: 'Jobs that wait, run or were parked' },
} as const satisfies Record<string, Route>;

export type Operation = keyof typeof ROUTES;
/** The operations that take a file. */
export type FileOperation = {
  [O in Operation]: (typeof ROUTES)[O] extends { readonly file: true } ? O : never;
}[Operation];
