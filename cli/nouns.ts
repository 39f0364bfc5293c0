export const DESCRIPTION = 'Packages of Software Collections: git, look-aside cache, SIGs.';

/** What a word that other words follow is about. */
export const NOUNS: Readonly<Record<string, string>> = {
  component: 'Components: repositories and their branches',
  lookaside: 'The look-aside cache',
  collection: 'Software Collections',
  sig: 'Special interest groups and who may commit',
  result: 'Results of tests of builds',
  request: 'Ask for rights that you do not have, and answer',
  user: 'Local users',
  token: 'Tokens',
  key: 'SSH keys, for git over SSH',
  push: 'Push the current branch, or list pushes',
  remote: 'List the remotes of this clone, or add the server as one',
  audit: 'The audit log',
  job: 'Jobs of the server',
};
