import type { CommandSpec } from '../command.ts';
import { activityCommands } from './activity.ts';
import { buildCommands } from './build.ts';
import { buildsCommands } from './builds.ts';
import { clean } from './clean.ts';
import { clog } from './clog.ts';
import { clone } from './clone.ts';
import { collectionCommands } from './collection.ts';
import { collectionKojiCommands } from './collection-koji.ts';
import { collectionScaffold } from './collection-scaffold.ts';
import { commit } from './commit.ts';
import { completionCommand } from './completion.ts';
import { componentCommands } from './component.ts';
import { config } from './config.ts';
import { declarationCommands } from './declaration.ts';
import { diff, newChanges } from './diff.ts';
import { endOfLifeCommands } from './end-of-life.ts';
import { explain } from './explain.ts';
import { giturl } from './giturl.ts';
import { importCommand } from './import.ts';
import { importGit } from './import-git.ts';
import { keyCommands } from './key.ts';
import { lint } from './lint.ts';
import { gitCredential, login, logout, whoami } from './login.ts';
import { lookasideCommands } from './lookaside.ts';
import { lookasideAdminCommands } from './lookaside-admin.ts';
import { lookasideOriginCommands } from './lookaside-origin.ts';
import { mockbuild, mockConfigCommand } from './mock.ts';
import { patch } from './patch.ts';
import { prePushCheck } from './pre-push-check.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { remoteCommands } from './remote.ts';
import { requestCommands } from './request.ts';
import { requestBranch, requestRepo } from './request-repo.ts';
import { resultCommands } from './result.ts';
import { retire } from './retire.ts';
import { local, srpm } from './rpm-build.ts';
import { gimmespec, unusedPatches, verrel } from './rpm-query.ts';
import { compile, install, prep, verifyFiles } from './rpm-steps.ts';
import { sclConvert } from './scl-convert.ts';
import { sigCommands } from './sig.ts';
import { sources } from './sources.ts';
import { switchBranch } from './switch-branch.ts';
import { tag } from './tag.ts';
import { tokenCommands } from './token.ts';
import { newSources, upload } from './upload.ts';
import { userCommands } from './user.ts';

/** Every command, in the order of the help. A new command is one file and one line here. */
export const COMMANDS: readonly CommandSpec[] = [
  clone,
  switchBranch,
  newSources,
  upload,
  sources,
  diff,
  clog,
  importCommand,
  importGit,
  sclConvert,
  commit,
  pull,
  push,
  prePushCheck,
  ...buildCommands,
  ...buildsCommands,
  ...resultCommands,
  srpm,
  local,
  prep,
  compile,
  install,
  verifyFiles,
  verrel,
  gimmespec,
  unusedPatches,
  lint,
  mockbuild,
  mockConfigCommand,
  tag,
  newChanges,
  patch,
  giturl,
  clean,
  retire,
  requestRepo,
  requestBranch,
  ...remoteCommands,
  login,
  logout,
  whoami,
  config,
  completionCommand(() => COMMANDS),
  explain,
  ...componentCommands,
  ...lookasideCommands,
  ...collectionCommands,
  ...collectionKojiCommands,
  ...declarationCommands,
  ...endOfLifeCommands,
  collectionScaffold,
  ...sigCommands,
  ...requestCommands,
  ...userCommands,
  ...tokenCommands,
  ...keyCommands,
  ...lookasideOriginCommands,
  ...lookasideAdminCommands,
  ...activityCommands,
  gitCredential,
];
