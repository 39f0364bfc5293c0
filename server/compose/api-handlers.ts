import type { ApiOutput } from '../../core/api/schemas.ts';
import type { PolicyLevels } from '../../core/pushes/check-push.ts';
import type { PushLimits } from '../../core/pushes/push-facts.ts';
import { type ExplainDeps, explain } from '../access/explain.ts';
import { listAudit } from '../access/list-audit.ts';
import { listJobs } from '../access/list-jobs.ts';
import { setAutoBuild } from '../builds/auto-build.ts';
import type { BuildDeps } from '../builds/build-deps.ts';
import { cancelBuild, cancelTask } from '../builds/cancel-build.ts';
import { resubmitBuild, resubmitTask } from '../builds/change-task.ts';
import { listBuilds } from '../builds/list-builds.ts';
import { resubmitPush } from '../builds/parked-pushes.ts';
import { demoteBuild, promoteBuild } from '../builds/promote-build.ts';
import { listResults, recordResult } from '../builds/results.ts';
import { showBuild } from '../builds/show-build.ts';
import { readTaskLog, showTask } from '../builds/show-task.ts';
import { startBuild, startChain } from '../builds/submit-build.ts';
import { applyDeclaration } from '../collections/apply-declaration.ts';
import { showBuildroot } from '../collections/buildroot.ts';
import * as collections from '../collections/collections.ts';
import { setClosed, setRetired } from '../collections/end-of-life.ts';
import * as kojiDrift from '../collections/koji-drift.ts';
import { showKoji } from '../collections/koji-status.ts';
import * as kojiSetUp from '../collections/provision-koji.ts';
import { releasesOf } from '../collections/release-facts.ts';
import { BranchSpecs } from '../components/branch-specs.ts';
import * as components from '../components/components.ts';
import { ComponentIndex } from '../components/find-component.ts';
import type { Database } from '../db/database.ts';
import { Git } from '../git/git.ts';
import { Repositories } from '../git/repositories.ts';
import type { ApiHandlers } from '../http/api-routes.ts';
import { Principals } from '../identity/principals.ts';
import { collectGarbage, type GarbageDeps } from '../lookaside/collect-garbage.ts';
import { listSources } from '../lookaside/list-sources.ts';
import { listQuarantine, restoreSource } from '../lookaside/quarantine.ts';
import { showScrub, startScrub } from '../lookaside/scrub.ts';
import { SourceIndex } from '../lookaside/source-index.ts';
import { recordOrigin, showStatement } from '../lookaside/source-origins.ts';
import { setQuota, showUsage } from '../lookaside/usage.ts';
import { listPushes } from '../pushes/list-pushes.ts';
import {
  type ApproveDeps,
  approveRequest,
  cancelRequest,
  denyRequest,
} from '../sigs/answer-request.ts';
import { approveUser, revokeApproval } from '../sigs/approvals.ts';
import { findCollectionResource, findSig } from '../sigs/find-sig.ts';
import { listRequests, requestAccess, requestKoji } from '../sigs/requests.ts';
import * as sigs from '../sigs/sigs.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import * as keys from '../users/keys.ts';
import * as tokens from '../users/tokens.ts';
import * as users from '../users/users.ts';
import { whoami } from '../users/whoami.ts';

interface ApiDeps {
  readonly db: Database;
  readonly git: Git;
  readonly repositories: Repositories;
  readonly store: ObjectStore;
  readonly sources: SourceIndex;
  readonly principals: Principals;
  readonly componentIndex: ComponentIndex;
  readonly componentDeps: components.ComponentDeps;
  readonly branchSpecs: BranchSpecs;
  readonly kojiDeps: kojiSetUp.KojiDeps;
  readonly builds: BuildDeps;
  readonly garbage: GarbageDeps;
  readonly limits: PushLimits;
  readonly levels: PolicyLevels;
  /** What clients are told of the server. */
  showServer(): ApiOutput<'showServer'>;
}

/** Every operation of the API, with what it works on. */
export function apiHandlers(deps: ApiDeps): ApiHandlers {
  const { db, git, repositories, store, sources, principals, componentIndex } = deps;
  const { componentDeps, kojiDeps, builds, branchSpecs, garbage, limits, levels } = deps;
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
  return {
    whoami: (context) => whoami(db, context),
    showServer: () => deps.showServer(),
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
    showBuildroot: (_context, input) => showBuildroot(kojiDeps, input),
    planKoji: (context, input) => kojiDrift.showKojiPlan(kojiDeps, context, input),
    applyKoji: (context, input) => kojiSetUp.applyKoji(kojiDeps, context, input),
    showKoji: (_context, { collection }) => showKoji(kojiDeps, collection),
    findDrift: (context, input) => kojiDrift.findDrift(kojiDeps, context, input),
    setDepends: (context, input) => collections.setDepends(db, context, input),
    setClosed: (context, input) => setClosed(kojiDeps, context, input),
    setRetired: (context, input) => setRetired(kojiDeps, context, input),
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
    showStatement: (_context, input) => showStatement(origins, input, deps.showServer().url),
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
    recordResult: (context, input) => recordResult(builds, context, input),
    listResults: (_context, input) => listResults(builds, input),
    showTask: (_context, input) => showTask(builds, input),
    readTaskLog: (_context, input) => readTaskLog(builds, input),
    cancelTask: (context, input) => cancelTask(builds, context, input),
    cancelBuild: (context, input) => cancelBuild(builds, context, input),
    resubmitTask: (context, input) => resubmitTask(builds, context, input),
    resubmitBuild: (context, input) => resubmitBuild(builds, context, input),
    resubmitPush: (context, input) => resubmitPush(builds, context, input),
    setAutoBuild: (context, input) => setAutoBuild(db, context, input),
    listPushes: (_context, input) => listPushes(db, input),
    listAudit: (context, input) => listAudit(db, context, input),
    listJobs: (context) => listJobs(db, context),
  };
}
