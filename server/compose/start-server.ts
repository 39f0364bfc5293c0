import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Logger, pino } from 'pino';
import { type ComponentName, parseComponentName } from '../../core/domain/component-name.ts';
import type { PolicyLevels } from '../../core/pushes/check-push.ts';
import { buildPush } from '../builds/auto-build.ts';
import { followBuilds } from '../builds/follow-builds.ts';
import * as kojiDrift from '../collections/koji-drift.ts';
import * as kojiSetUp from '../collections/provision-koji.ts';
import { BranchSpecs } from '../components/branch-specs.ts';
import * as components from '../components/components.ts';
import { ComponentIndex } from '../components/find-component.ts';
import { BUILD_JOB, KOJI_JOB } from '../components/koji-jobs.ts';
import { PROVISION_JOB, provision } from '../components/provision.ts';
import type { Settings } from '../config/settings.ts';
import { openDataFolder } from '../db/data-folder.ts';
import { VersionedCache } from '../db/versioned-cache.ts';
import { Git } from '../git/git.ts';
import { GitSlots } from '../git/git-slots.ts';
import { Refs } from '../git/refs.ts';
import { Repositories } from '../git/repositories.ts';
import { createApp } from '../http/app.ts';
import { clientReader, Front } from '../http/client.ts';
import { listen } from '../http/listen.ts';
import { listenForFront } from '../http/listen-for-front.ts';
import { refreshPeople } from '../identity/directory-people.ts';
import { accountFinder } from '../identity/find-account.ts';
import { openDirectory } from '../identity/open-directory.ts';
import { Principals } from '../identity/principals.ts';
import { SshIdentities } from '../identity/ssh-identities.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { openKoji } from '../koji/open-koji.ts';
import { DELETE_JOB, deleteOverdue } from '../lookaside/collect-garbage.ts';
import { PartialFiles } from '../lookaside/partial-files.ts';
import { SCRUB_JOB, scrubSlice } from '../lookaside/scrub.ts';
import { SourceIndex } from '../lookaside/source-index.ts';
import { StagingFolder } from '../lookaside/staged-file.ts';
import { showUsage } from '../lookaside/usage.ts';
import { Metrics } from '../observability/metrics.ts';
import { INDEX_JOB, indexReferences, requestIndex } from '../pushes/index-references.ts';
import { ReceivingGits } from '../pushes/receiving-gits.ts';
import { settlePushes } from '../pushes/settle-pushes.ts';
import { listenForSsh } from '../ssh/listen.ts';
import { createFirstAdmin } from '../users/first-admin.ts';
import { startSweeper } from '../worker/sweeper.ts';
import { apiHandlers } from './api-handlers.ts';
import { openLogins, openTls } from './logins.ts';
import { openBodies, openDatabase, openStore } from './storage.ts';

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

/** Picks the implementations: from settings to a server that listens. */
export async function startServer(settings: Settings, path: string): Promise<RunningServer> {
  const log = pino({ level: settings.log.level }, pino.destination({ dest: 2, sync: false }));
  const folder = await openDataFolder(resolve(settings.server.data));
  const { version } = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8'),
  ) as { version: string };

  const git = await Git.open(folder.git, settings.git, path);
  const repositories = new Repositories(git, folder.repositories);
  const bodies = openBodies(settings);
  const store = await openStore(settings, folder.lookaside, bodies);
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
    [
      { [PROVISION_JOB]: (subject) => provision(db, repositories, parseComponentName(subject)) },
      // One after the other: what is set up is there before it is compared, or built with.
      {
        [KOJI_JOB]: (subject) => kojiSetUp.provisionKoji(kojiDeps, subject),
        [kojiDrift.DRIFT_JOB]: () => kojiDrift.lookForDrift(kojiDeps),
        [BUILD_JOB]: (push) => buildPush(builds, push),
      },
      {
        [INDEX_JOB]: (subject) =>
          indexReferences({ db, git, repositories }, parseComponentName(subject)),
      },
      // One after the other: what is being deleted is not missing.
      {
        [DELETE_JOB]: () => deleteOverdue(garbage),
        [SCRUB_JOB]: () => scrubSlice({ db, store, bodies, rate: lookaside.scrub_rate, log }),
      },
      { 'repository.maintain': (subject) => repositories.maintain(parseComponentName(subject)) },
    ],
    log,
  );
  const cache = new VersionedCache(db);
  const componentIndex = new ComponentIndex(db, cache);
  const sources = new SourceIndex(db);
  const metrics = new Metrics();
  metrics.usageBySig(async () => (await showUsage(db)).items);
  const { max_age: maxAge, refresh } = settings.directory;
  const people = openDirectory(settings.directory);
  const principals = new Principals(db, cache, people === null ? 0 : maxAge);
  const findAccount = accountFinder(db, principals, people, log);
  const logins = { db, cache, principals, findAccount, people, log };
  const authenticators = openLogins(settings, logins);
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
    principals,
    wakeJobs: () => jobs.wake(),
    gitUrl: (component: ComponentName) => componentDeps.gitUrl(component),
    log,
  };

  const api = apiHandlers({
    db,
    git,
    repositories,
    store,
    sources,
    principals,
    componentIndex,
    componentDeps,
    branchSpecs,
    kojiDeps,
    builds,
    garbage,
    limits,
    levels,
    showServer: () => ({ version, namespace, url, sshUrl, maxUploadSize, maxFileSize }),
  });

  const shared = { db, components: componentIndex, sources };
  const receiving = new ReceivingGits(git);
  const gitDeps = { ...shared, git, repositories, receiving, log, limits, levels };
  const app = createApp({
    log,
    db,
    metrics,
    authenticators,
    principals,
    readClient: clientReader(front, tls),
    api,
    builds,
    git: {
      ...gitDeps,
      namespace,
      slots,
      refs,
      maxPushSize: settings.git.max_push_size,
    },
    bodies,
    lookaside: {
      ...shared,
      store,
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
      await Promise.all([db.close(), bodies.close()]);
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
