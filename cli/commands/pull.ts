import { fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type CommandSpec } from '../command.ts';
import { credentialOptions } from '../working-copy/credential.ts';
import { quietly } from '../working-copy/quiet.ts';
import {
  checkedOutBranch,
  openWorkingCopy,
  type WorkingCopy,
} from '../working-copy/working-copy.ts';

const APART = 'The clone and the server both have commits that the other lacks.';
const WAYS = 'Put yours on top: centpkg pull --rebase; or merge: centpkg pull --no-rebase';

/** git has done nothing, as nobody has told it whether to merge or to rebase. */
async function wantsWay({ git }: WorkingCopy): Promise<boolean> {
  const ask = (...args: string[]): Promise<string | null> => git.ask(...args);
  const merging = await ask('rev-parse', '--quiet', '--verify', 'MERGE_HEAD');
  // While git rebases, no branch is checked out.
  const branch = await ask('symbolic-ref', '--quiet', 'HEAD');
  const theirs = await ask('rev-list', '--count', 'HEAD..FETCH_HEAD');
  const ours = await ask('rev-list', '--count', 'FETCH_HEAD..HEAD');
  const both = Number(theirs ?? 0) > 0 && Number(ours ?? 0) > 0;
  const ways = [await ask('config', 'pull.rebase'), await ask('config', 'pull.ff')];
  return merging === null && branch !== null && both && ways.every((way) => way === null);
}

export const pull: CommandSpec = {
  name: 'pull',
  summary: 'Fetch the current branch from the server, and merge or rebase',
  options: [
    { flags: '--rebase', help: 'put your commits on top of those of the server' },
    { flags: '--no-rebase', help: 'merge, whatever the configuration of git says' },
  ],
  examples: ['centpkg pull --rebase'],
  async run(context, _args, options) {
    const rebase = options.rebase as boolean | undefined;
    const copy = await openWorkingCopy(context);
    const name = branchName(await checkedOutBranch(copy));
    const before = await copy.git.ask('rev-parse', 'HEAD');
    await copy.git
      .show(
        ...credentialOptions(context.config, copy.url),
        'pull',
        ...quietly(context),
        ...(rebase === undefined ? [] : [rebase ? '--rebase' : '--no-rebase']),
        copy.remote,
        name,
      )
      .catch(async (error: unknown) => {
        if (rebase === undefined && (await wantsWay(copy))) fail('conflict', APART, WAYS);
        throw error;
      });
    const oid = (await copy.git.read('rev-parse', 'HEAD')).trim();
    const changed = oid !== before;
    const text = changed ? `${name} is at ${oid.slice(0, 10)}.` : `${name} is up to date.`;
    return { data: { branch: name, commit: oid, changed }, text, done: true };
  },
};
