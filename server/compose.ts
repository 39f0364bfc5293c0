import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Logger, pino } from 'pino';
import { parseComponentName } from '../core/domain/component-name.ts';
import type { PolicyLevels } from '../core/pushes/check-push.ts';
import { listAudit } from './access/list-audit.ts';
import { listJobs } from './access/list-jobs.ts';
import * as collections from './collections/collections.ts';
import * as components from './components/components.ts';
import { ComponentIndex } from './components/find-component.ts';
import { PROVISION_JOB, provision } from './components/provision.ts';
import { openDataFolder } from './config/data-folder.ts';
import type { Settings } from './config/settings.ts';
import { openPglite, openPostgres } from './db/database.ts';
import { VersionedCache } from './db/versioned-cache.ts';
import { Git } from './git/git.ts';
import { GitSlots } from './git/git-slots.ts';
import { Refs } from './git/refs.ts';
import { Repositories } from './git/repositories.ts';
import type { ApiHandlers } from './http/api-routes.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { tokenAuthenticator } from './identity/token-authenticator.ts';
import { JobRunner } from './jobs/job-runner.ts';
import { HashPool } from './lookaside/hash-pool.ts';
import { listSources } from './lookaside/list-sources.ts';
import { PartialFiles } from './lookaside/partial-files.ts';
import { SourceIndex } from './lookaside/source-index.ts';
import { StagingFolder } from './lookaside/staged-file.ts';
import { Metrics } from './observability/metrics.ts';
import { listPushes } from './pushes/list-pushes.ts';
import { settlePushes } from './pushes/settle-pushes.ts';
import * as sigs from './sigs/sigs.ts';
import { FolderStore } from './storage/folder-store.ts';
import { createFirstAdmin } from './users/first-admin.ts';
import * as tokens from './users/tokens.ts';
import * as users from './users/users.ts';
import { whoami } from './users/whoami.ts';
import { startSweeper } from './worker/sweeper.ts';

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
  const store = new FolderStore(settings.storage.folder ?? folder.lookaside);
  const hashes = new HashPool();
  const staging = new StagingFolder(folder.staging);
  const partials = new PartialFiles(folder.resumable, settings.lookaside.resumable_days);
  const db =
    settings.database.url === undefined
      ? await openPglite(folder.database)
      : openPostgres(settings.database.url, settings.database.pool_size);
  await db.migrate();
  await Promise.all([
    repositories.recover(),
    store.recover(),
    staging.recover(),
    partials.recover(),
  ]);
  const newAdminToken = await createFirstAdmin(db, folder.adminToken);

  const jobs = new JobRunner(
    db,
    {
      [PROVISION_JOB]: (subject) => provision(db, repositories, parseComponentName(subject)),
      'repository.maintain': (subject) => repositories.maintain(parseComponentName(subject)),
    },
    log,
  );
  const cache = new VersionedCache(db);
  const componentIndex = new ComponentIndex(db, cache);
  const sources = new SourceIndex(db);
  const metrics = new Metrics();
  const authenticators = [tokenAuthenticator(db, cache, 'dist-git')];
  const limits = {
    maxFileSize: settings.pushes.max_file_size,
    maxRefs: settings.pushes.max_refs,
  };
  const levels = {
    default: settings.pushes.levels,
    sigs: settings.pushes.sigs,
  } as PolicyLevels;
  const { namespace } = settings.server;
  const maxUploadSize = settings.lookaside.max_upload_size;

  // The URL is known when the port is: handlers ask for it, they do not keep it.
  let url = settings.server.url ?? '';
  const componentDeps: components.ComponentDeps = {
    db,
    repositories,
    runJobNow: (kind, subject) => jobs.runNow(kind, subject),
    gitUrl: (component) => `${url}/${namespace}/${component}.git`,
  };
  const api: ApiHandlers = {
    whoami: (context) => whoami(context),
    showServer: () => ({
      version,
      namespace,
      url,
      maxUploadSize,
      maxFileSize: limits.maxFileSize,
    }),
    listUsers: (context) => users.listUsers(db, context),
    createUser: (context, input) => users.createUser(db, context, input),
    showUser: (context, { user }) => users.showUser(db, context, user),
    updateUser: (context, input) => users.updateUser(db, context, input),
    listTokens: (context, input) => tokens.listTokens(db, context, input),
    createToken: (context, input) => tokens.createToken(db, context, input),
    showToken: (context, { token }) => tokens.showToken(db, context, token),
    revokeToken: (context, { token }) => tokens.revokeToken(db, context, token),
    listSigs: () => sigs.listSigs(db),
    createSig: (context, input) => sigs.createSig(db, context, input),
    showSig: (_context, { sig }) => sigs.showSig(db, sig),
    updateSig: (context, input) => sigs.updateSig(db, context, input),
    setMember: (context, input) => sigs.setMember(db, context, input),
    removeMember: (context, input) => sigs.removeMember(db, context, input),
    approveUser: (context, input) => sigs.approveUser(db, context, input),
    revokeApproval: (context, input) => sigs.revokeApproval(db, context, input),
    listCollections: (_context, input) => collections.listCollections(db, input),
    createCollection: (context, input) => collections.createCollection(db, context, input),
    showCollection: (_context, { collection }) => collections.showCollection(db, collection),
    addRelease: (context, input) => collections.addRelease(componentDeps, context, input),
    setDepends: (context, input) => collections.setDepends(db, context, input),
    listComponents: (_context, input) => components.listComponents(componentDeps, input),
    createComponent: (context, input) => components.createComponent(componentDeps, context, input),
    showComponent: (_context, { component }) => components.showComponent(componentDeps, component),
    addToCollections: (context, input) =>
      components.addToCollections(componentDeps, context, input),
    showChecks: (context, { component }) =>
      components.showChecks(db, context, { limits, levels }, component),
    listSources: (context, input) => listSources(db, context, input),
    listPushes: (_context, input) => listPushes(db, input),
    listAudit: (context, input) => listAudit(db, context, input),
    listJobs: (context) => listJobs(db, context),
  };

  const shared = { db, components: componentIndex, sources };
  const gitDeps = { ...shared, git, repositories, log, limits, levels };
  const slots = new GitSlots(settings.git.max_processes);
  const app = createApp({
    log,
    db,
    metrics,
    authenticators,
    api,
    git: {
      ...gitDeps,
      namespace,
      slots,
      refs: new Refs(git, slots),
      maxPushSize: settings.git.max_push_size,
    },
    lookaside: { ...shared, store, hashes, staging, partials, metrics, namespace, maxUploadSize },
    version,
    url: () => url,
  });
  const { host, port, idle_timeout: idleSeconds } = settings.server;
  const listening = await listen(app, { host, port, idleSeconds });
  url ||= listening.url;
  const settler = startSweeper(() => settlePushes(db, repositories), SETTLE_INTERVAL_MS, log);
  const expirer = startSweeper(() => partials.removeExpired(), EXPIRE_INTERVAL_MS, log);
  jobs.start();

  return {
    url: listening.url,
    newAdminToken,
    adminTokenFile: folder.adminToken,
    async stop() {
      await listening.close();
      await Promise.all([settler.stop(), expirer.stop(), jobs.stop()]);
      await Promise.all([db.close(), hashes.close()]);
      folder.release();
      await flushed(log);
    },
  };
}

function flushed(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    log.flush(() => resolve());
  });
}
