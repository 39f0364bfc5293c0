import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Logger, pino } from 'pino';
import { type ComponentName, parseComponentName } from '../core/domain/component-name.ts';
import type { PolicyLevels } from '../core/pushes/check-push.ts';
import { type ExplainDeps, explain } from './access/explain.ts';
import { listAudit } from './access/list-audit.ts';
import { listJobs } from './access/list-jobs.ts';
import { buildPush, setAutoBuild } from './builds/auto-build.ts';
import { listBuilds } from './builds/build-rows.ts';
import { cancelTask, resubmitTask } from './builds/change-task.ts';
import { followBuilds } from './builds/follow-builds.ts';
import { demoteBuild, promoteBuild } from './builds/promote-build.ts';
import { showBuild } from './builds/show-build.ts';
import { readTaskLog, showTask } from './builds/show-task.ts';
import { startBuild, startChain } from './builds/submit-build.ts';
import { applyDeclaration } from './collections/apply-declaration.ts';
import * as collections from './collections/collections.ts';
import * as kojiDrift from './collections/koji-drift.ts';
import { showKoji } from './collections/koji-status.ts';
import * as kojiSetUp from './collections/provision-koji.ts';
import { releasesOf } from './collections/release-facts.ts';
import { BranchSpecs } from './components/branch-specs.ts';
import * as components from './components/components.ts';
import { ComponentIndex } from './components/find-component.ts';
import { KOJI_JOB } from './components/koji-jobs.ts';
import { PROVISION_JOB, provision } from './components/provision.ts';
import type { Settings } from './config/settings.ts';
import { type DataFolder, openDataFolder } from './db/data-folder.ts';
import { type Database, openPglite, openPostgres } from './db/database.ts';
import { VersionedCache } from './db/versioned-cache.ts';
import { Git } from './git/git.ts';
import { GitSlots } from './git/git-slots.ts';
import { Refs } from './git/refs.ts';
import { Repositories } from './git/repositories.ts';
import type { ApiHandlers } from './http/api-routes.ts';
import { createApp } from './http/app.ts';
import { clientReader, Front } from './http/client.ts';
import { listen } from './http/listen.ts';
import { listenForFront } from './http/listen-for-front.ts';
import { TlsFiles } from './http/tls-files.ts';
import type { Authenticator } from './identity/authenticator.ts';
import type { AccountRule } from './identity/certificate-account.ts';
import { certificateAuthenticator } from './identity/certificate-authenticator.ts';
import { refreshPeople } from './identity/directory-people.ts';
import { limitPasswords } from './identity/failed-logins.ts';
import { accountFinder } from './identity/find-account.ts';
import { kerberosAuthenticator } from './identity/kerberos-authenticator.ts';
import { openDirectory } from './identity/open-directory.ts';
import { passwordAuthenticator } from './identity/password-authenticator.ts';
import { Principals } from './identity/principals.ts';
import { SshIdentities } from './identity/ssh-identities.ts';
import { tokenAuthenticator } from './identity/token-authenticator.ts';
import { JobRunner } from './jobs/job-runner.ts';
import { openKoji } from './koji/open-koji.ts';
import { collectGarbage, DELETE_JOB, deleteOverdue } from './lookaside/collect-garbage.ts';
import { HashPool } from './lookaside/hash-pool.ts';
import { listSources } from './lookaside/list-sources.ts';
import { PartialFiles } from './lookaside/partial-files.ts';
import { listQuarantine, restoreSource } from './lookaside/quarantine.ts';
import { SCRUB_JOB, scrubSlice, showScrub, startScrub } from './lookaside/scrub.ts';
import { SourceIndex } from './lookaside/source-index.ts';
import { recordOrigin, showStatement } from './lookaside/source-origins.ts';
import { StagingFolder } from './lookaside/staged-file.ts';
import { setQuota, showUsage } from './lookaside/usage.ts';
import { Metrics } from './observability/metrics.ts';
import { INDEX_JOB, indexReferences, requestIndex } from './pushes/index-references.ts';
import { listPushes } from './pushes/list-pushes.ts';
import { BUILD_JOB } from './pushes/record-push.ts';
import { settlePushes } from './pushes/settle-pushes.ts';
import {
  type ApproveDeps,
  approveRequest,
  cancelRequest,
  denyRequest,
} from './sigs/answer-request.ts';
import { approveUser, revokeApproval } from './sigs/approvals.ts';
import { findCollectionResource, findSig } from './sigs/find-sig.ts';
import { listRequests, requestAccess, requestKoji } from './sigs/requests.ts';
import * as sigs from './sigs/sigs.ts';
import { listenForSsh } from './ssh/listen.ts';
import { FolderStore } from './storage/folder-store.ts';
import type { ObjectStore } from './storage/object-store.ts';
import { partSizeFor } from './storage/s3-options.ts';
import { createFirstAdmin } from './users/first-admin.ts';
import * as keys from './users/keys.ts';
import * as tokens from './users/tokens.ts';
import * as users from './users/users.ts';
import { whoami } from './users/whoami.ts';
import { startSweeper } from './worker/sweeper.ts';

/** What a password is for, as clients show it. */
const REALM = 'dist-git';
const DAY_S = 24 * 60 * 60;
/** How often stale pushes are looked for. */
const SETTLE_INTERVAL_MS = 15_000;
/** How often uploads that nobody went on with are looked for. */
const EXPIRE_INTERVAL_MS = 3600_000;

export interface RunningServer {
  readonly url: string;
  /** Shown once, at the first start. */
  readonly newAdminToken: string | null;
  readonly adminTokenFile: string;
  stop(): Promise<void>;
}

/** The only file that picks implementations: from settings to a server that listens. */
export async function startServer(settings: Settings, path: string): Promise<RunningServer> {
  const log = pino({ level: settings.log.level }, pino.destination({ dest: 2, sync: false }));
  const folder = await openDataFolder(resolve(settings.server.data));
  const { version } = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'),
  ) as { version: string };

  const git = await Git.open(folder.git, settings.git, path);
  const repositories = new Repositories(git, folder.repositories);
  const store = await openStore(settings, folder.lookaside);
  const hashes = new HashPool();
  const staging = new StagingFolder(folder.staging);
  const partials = new PartialFiles(folder.resumable, settings.lookaside.resumable_days);
  const db = await openDatabase(settings, folder);
  await Promise.all([
    repositories.recover(),
    store.recover(),
    staging.recover(),
    partials.recover(),
  ]);
  const newAdminToken = await createFirstAdmin(db, folder.adminToken);
  const koji = openKoji(settings.koji);

  const { lookaside } = settings;
  const garbage = {
    db,
    store,
    grace: lookaside.unused_days * DAY_S,
    quarantine: lookaside.quarantine_days * DAY_S,
  };
  const kojiDeps: kojiSetUp.KojiDeps = { db, koji, wakeJobs: () => jobs.wake() };
  const jobs: JobRunner = new JobRunner(
    db,
    {
      [PROVISION_JOB]: (subject) => provision(db, repositories, parseComponentName(subject)),
      [KOJI_JOB]: (subject) => kojiSetUp.provisionKoji(kojiDeps, subject),
      [kojiDrift.DRIFT_JOB]: () => kojiDrift.lookForDrift(kojiDeps),
      [INDEX_JOB]: (subject) =>
        indexReferences({ db, git, repositories }, parseComponentName(subject)),
      [DELETE_JOB]: () => deleteOverdue(garbage),
      [SCRUB_JOB]: () => scrubSlice({ db, store, hashes, rate: lookaside.scrub_rate, log }),
      [BUILD_JOB]: (push) => buildPush({ ...builds, principals }, push),
      'repository.maintain': (subject) => repositories.maintain(parseComponentName(subject)),
    },
    log,
  );
  const cache = new VersionedCache(db);
  const componentIndex = new ComponentIndex(db, cache);
  const sources = new SourceIndex(db);
  const metrics = new Metrics();
  metrics.usageBySig(async () => (await showUsage(db)).items);
  const { max_age: maxAge, refresh, remember_passwords: remember } = settings.directory;
  const people = openDirectory(settings.directory);
  const principals = new Principals(db, cache, people === null ? 0 : maxAge);
  const findAccount = accountFinder(db, principals, people, log);
  // In this order: what was typed stands before what a browser or libcurl sends by itself.
  const authenticators: readonly Authenticator[] = [
    tokenAuthenticator(db, cache, principals, REALM),
    ...(people === null
      ? []
      : [limitPasswords(passwordAuthenticator({ db, ...people, principals, log, remember }))]),
    kerberosAuthenticator(findAccount, settings.front.kerberos_realms),
    certificateAuthenticator(findAccount, accountRule(settings)),
  ];
  const tls = openTls(settings, log);
  const front = new Front(settings.front.addresses);
  const limits = {
    maxFileSize: settings.pushes.max_file_size,
    maxRefs: settings.pushes.max_refs,
  };
  const levels = {
    default: settings.pushes.levels,
    sigs: settings.pushes.sigs,
  } as PolicyLevels;
  const { namespace } = settings.server;
  const maxUploadSize = lookaside.max_upload_size;

  // The URL is known when the port is: handlers ask for it, they do not keep it.
  let url = settings.server.url ?? '';
  const sshUrl = settings.ssh.url ?? null;
  const slots = new GitSlots(settings.git.max_processes);
  const refs = new Refs(git, slots);
  const { maxFileSize } = limits;
  const branchSpecs = new BranchSpecs({ db, git, slots, refs, repositories, maxFileSize });
  const componentDeps: components.ComponentDeps = {
    db,
    repositories,
    runJobNow: (kind, subject) => jobs.runNow(kind, subject),
    gitUrl: (component) => `${url}/${namespace}/${component}.git`,
    sshUrl: (component) => (sshUrl === null ? null : `${sshUrl}/${namespace}/${component}.git`),
  };
  const builds = {
    db,
    koji,
    git,
    repositories,
    components: componentIndex,
    gitUrl: (component: ComponentName) => componentDeps.gitUrl(component),
    log,
  };
  const rights: ExplainDeps = {
    db,
    findUser: (name) => principals.find(name),
    findBranches: async (name) =>
      (await componentIndex.find(name)).branches.map(({ collection, release, sig, policies }) => ({
        collection,
        release,
        sig: { name: sig, policies },
      })),
    findCollection: (name) => findCollectionResource(db.sql, name),
    findSig: (name) => findSig(db.sql, name),
  };
  const origins = { db, components: componentIndex, sources, store, git, repositories };
  const approving: ApproveDeps = {
    db,
    requestKojiSetUp: async (sql, collection, by) =>
      kojiSetUp.requestKojiSetUp(sql, {
        collection,
        releases: await releasesOf(sql, collection),
        overwrite: [],
        by,
      }),
  };
  const api: ApiHandlers = {
    whoami: (context) => whoami(db, context),
    showServer: () => ({
      version,
      namespace,
      url,
      sshUrl,
      maxUploadSize,
      maxFileSize: limits.maxFileSize,
    }),
    listUsers: (context, input) => users.listUsers(db, context, input),
    createUser: (context, input) => users.createUser(db, context, input),
    showUser: (context, { user }) => users.showUser(db, context, user),
    updateUser: (context, input) => users.updateUser(db, context, input),
    listTokens: (context, input) => tokens.listTokens(db, context, input),
    createToken: (context, input) => tokens.createToken(db, context, input),
    showToken: (context, { token }) => tokens.showToken(db, context, token),
    revokeToken: (context, { token }) => tokens.revokeToken(db, context, token),
    listKeys: (context, input) => keys.listKeys(db, context, input),
    addKey: (context, input) => keys.addKey(db, context, input),
    removeKey: (context, input) => keys.removeKey(db, context, input),
    listSigs: () => sigs.listSigs(db),
    createSig: (context, input) => sigs.createSig(db, context, input),
    showSig: (_context, { sig }) => sigs.showSig(db, sig),
    updateSig: (context, input) => sigs.updateSig(db, context, input),
    setMember: (context, input) => sigs.setMember(db, context, input),
    removeMember: (context, input) => sigs.removeMember(db, context, input),
    approveUser: (context, input) => approveUser(db, context, input),
    revokeApproval: (context, input) => revokeApproval(db, context, input),
    explain: (context, input) => explain(rights, context, input),
    requestAccess: (context, input) => requestAccess(db, context, input),
    requestKoji: (context, input) => requestKoji(db, context, input),
    listRequests: (context, input) => listRequests(db, context, input),
    approveRequest: (context, input) => approveRequest(approving, context, input),
    denyRequest: (context, input) => denyRequest(db, context, input),
    cancelRequest: (context, { request }) => cancelRequest(db, context, request),
    listCollections: (_context, input) => collections.listCollections(db, input),
    createCollection: (context, input) => collections.createCollection(db, context, input),
    showCollection: (_context, { collection }) => collections.showCollection(db, collection),
    updateCollection: (context, input) => collections.updateCollection(db, context, input),
    applyDeclaration: (context, input) => applyDeclaration(componentDeps, context, input),
    addRelease: (context, input) => collections.addRelease(componentDeps, context, input),
    planKoji: (context, input) => kojiDrift.showKojiPlan(kojiDeps, context, input),
    applyKoji: (context, input) => kojiSetUp.applyKoji(kojiDeps, context, input),
    showKoji: (_context, { collection }) => showKoji(kojiDeps, collection),
    findDrift: (context, input) => kojiDrift.findDrift(kojiDeps, context, input),
    setDepends: (context, input) => collections.setDepends(db, context, input),
    listComponents: (_context, input) => components.listComponents(componentDeps, input),
    createComponent: (context, input) => components.createComponent(componentDeps, context, input),
    showComponent: (_context, { component }) => components.showComponent(componentDeps, component),
    addToCollections: (context, input) =>
      components.addToCollections(componentDeps, context, input),
    showChecks: (context, { component }) =>
      components.showChecks(db, context, { limits, levels }, component),
    listSpecs: (_context, { component }) => branchSpecs.list(component),
    listSources: (context, input) => listSources(db, context, input),
    recordOrigin: (context, input) => recordOrigin(origins, context, input),
    showStatement: (_context, input) => showStatement(origins, input, url),
    showUsage: () => showUsage(db),
    setQuota: (context, input) => setQuota(db, context, input),
    collectGarbage: (context, input) => collectGarbage(garbage, context, input),
    listQuarantine: (context, input) => listQuarantine(db, context, input),
    restoreSource: (context, input) => restoreSource(db, context, input),
    startScrub: (context) => startScrub(db, context),
    showScrub: (context) => showScrub(db, context),
    startBuild: (context, input) => startBuild(builds, context, input),
    startChain: (context, input) => startChain(builds, context, input),
    listBuilds: (_context, input) => listBuilds(db, input),
    showBuild: (_context, input) => showBuild(builds, input),
    promoteBuild: (context, input) => promoteBuild(builds, context, input),
    demoteBuild: (context, input) => demoteBuild(builds, context, input),
    showTask: (_context, input) => showTask(builds, input),
    readTaskLog: (_context, input) => readTaskLog(builds, input),
    cancelTask: (context, input) => cancelTask(builds, context, input),
    resubmitTask: (context, input) => resubmitTask(builds, context, input),
    setAutoBuild: (context, input) => setAutoBuild(db, context, input),
    listPushes: (_context, input) => listPushes(db, input),
    listAudit: (context, input) => listAudit(db, context, input),
    listJobs: (context) => listJobs(db, context),
  };

  const shared = { db, components: componentIndex, sources };
  const gitDeps = { ...shared, git, repositories, log, limits, levels };
  const app = createApp({
    log,
    db,
    metrics,
    authenticators,
    principals,
    readClient: clientReader(front, tls),
    api,
    git: {
      ...gitDeps,
      namespace,
      slots,
      refs,
      maxPushSize: settings.git.max_push_size,
    },
    lookaside: {
      ...shared,
      store,
      hashes,
      staging,
      partials,
      metrics,
      namespace,
      maxUploadSize,
      accel: settings.storage.downloads === 'accel',
    },
    version,
    url: () => url,
  });
  const { host, port, idle_timeout: idleSeconds } = settings.server;
  const listening = await listen(app, { host, port, idleSeconds, tls });
  url ||= listening.url;
  const ssh =
    sshUrl === null
      ? null
      : await listenForSsh(
          {
            ...gitDeps,
            identities: new SshIdentities(db, cache, principals, findAccount),
            namespace,
            slots,
            maxPushSize: settings.git.max_push_size,
            url: sshUrl,
          },
          { folder: folder.ssh, idleSeconds },
        );
  const { socket } = settings.front;
  const forFront =
    socket === undefined ? null : await listenForFront(app, front, { path: socket, idleSeconds });
  const settler = startSweeper(() => settlePushes(db, repositories), SETTLE_INTERVAL_MS, log);
  const expirer = startSweeper(() => partials.removeExpired(), EXPIRE_INTERVAL_MS, log);
  const refresher =
    people === null
      ? null
      : startSweeper(
          () => refreshPeople(db, people.directory, people.mapping, log),
          refresh * 1000,
          log,
        );
  const follower = koji.isOn ? startSweeper(() => followBuilds(builds), koji.pollMs, log) : null;
  const drifter = koji.isOn
    ? startSweeper(() => kojiDrift.requestDrift(db), settings.koji.drift_interval * 1000, log)
    : null;
  await requestIndex(db);
  jobs.start();

  return {
    url: listening.url,
    newAdminToken,
    adminTokenFile: folder.adminToken,
    async stop() {
      await Promise.all([listening.close(), forFront?.close(), ssh?.close()]);
      await Promise.all([
        settler.stop(),
        expirer.stop(),
        refresher?.stop(),
        drifter?.stop(),
        follower?.stop(),
        jobs.stop(),
      ]);
      await Promise.all([people?.directory.close(), koji.close()]);
      await Promise.all([db.close(), hashes.close()]);
      folder.release();
      await flushed(log);
    },
  };
}

/** What `npm run import` works with: the server's database and store, while no server runs. */
export async function openForImport(settings: Settings) {
  const folder = await openDataFolder(resolve(settings.server.data));
  const store = await openStore(settings, folder.lookaside);
  const hashes = new HashPool();
  const db = await openDatabase(settings, folder);
  await store.recover();
  return {
    deps: { db, store, hashes, namespace: settings.server.namespace },
    async close() {
      await Promise.all([db.close(), hashes.close()]);
      folder.release();
    },
  };
}

function openTls({ tls }: Settings, log: Logger): TlsFiles | null {
  const { certificate, key, client_ca: clientCa = null, client_crl: clientCrl = null } = tls;
  if (certificate === undefined || key === undefined) return null;
  return new TlsFiles({ certificate, key, clientCa, clientCrl }, log);
}

function accountRule({ certificates }: Settings): AccountRule {
  const { account, email_domain: domain = '', uri_prefix: prefix = '' } = certificates;
  if (account === 'email') return { from: account, domain };
  return account === 'uri' ? { from: account, prefix } : { from: account };
}

async function openDatabase(settings: Settings, folder: DataFolder): Promise<Database> {
  const db =
    settings.database.url === undefined
      ? await openPglite(folder.database)
      : openPostgres(settings.database.url, settings.database.pool_size);
  await db.migrate();
  return db;
}

/** `folder`: where the files are unless the settings say otherwise. */
async function openStore({ storage, lookaside }: Settings, folder: string): Promise<ObjectStore> {
  const { s3_bucket: bucket, s3_access_key_id: id, s3_secret_access_key: secret } = storage;
  if (storage.kind === 'folder' || bucket === undefined)
    return new FolderStore(storage.folder ?? folder);
  // A third of all code, which every collection of garbage walks over: only where it is used.
  const { S3Store } = await import('./storage/s3-store.ts');
  return new S3Store({
    bucket,
    prefix: storage.s3_prefix,
    endpoint: storage.s3_endpoint,
    region: storage.s3_region,
    pathStyle: storage.s3_path_style,
    credentials:
      id === undefined || secret === undefined
        ? undefined
        : { accessKeyId: id, secretAccessKey: secret },
    timeoutMs: storage.s3_timeout * 1000,
    partSize: partSizeFor(lookaside.max_upload_size),
    presignSeconds: storage.downloads === 'redirect' ? storage.presign_expiry : null,
  });
}

function flushed(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    log.flush(() => resolve());
  });
}
