import type { CommandSpec } from '../command.ts';
import { activityCommands } from './activity.ts';
import { clone } from './clone.ts';
import { collectionCommands } from './collection.ts';
import { commit, push } from './commit.ts';
import { componentCommands } from './component.ts';
import { explain } from './explain.ts';
import { importCommand } from './import.ts';
import { importGit } from './import-git.ts';
import { keyCommands } from './key.ts';
import { gitCredential, login, logout, whoami } from './login.ts';
import { lookasideCommands } from './lookaside.ts';
import { lookasideAdminCommands } from './lookaside-admin.ts';
import { lookasideOriginCommands } from './lookaside-origin.ts';
import { prePushCheck } from './pre-push-check.ts';
import { requestCommands } from './request.ts';
import { sclConvert } from './scl-convert.ts';
import { sigCommands } from './sig.ts';
import { sources } from './sources.ts';
import { switchBranch } from './switch-branch.ts';
import { tokenCommands } from './token.ts';
import { newSources, upload } from './upload.ts';
import { userCommands } from './user.ts';
import { verifyFilesCommand } from './verify-files.ts';

/** Every command, in the order of the help. A new command is one file and one line here. */
export const COMMANDS: readonly CommandSpec[] = [
  clone,
  switchBranch,
  newSources,
  upload,
  sources,
  importCommand,
  importGit,
  sclConvert,
  commit,
  push,
  prePushCheck,
  verifyFilesCommand,
  login,
  logout,
  whoami,
  explain,
  ...componentCommands,
  ...lookasideCommands,
  ...collectionCommands,
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
