import { DistGitError } from '../../core/api/distgit-error.ts';

interface Meaning {
  readonly code: 'conflict' | 'not_found' | 'input_invalid';
  readonly message: string;
  readonly remedy: string;
}

const exists = (what: string, list: string): Meaning => ({
  code: 'conflict',
  message: `There is a ${what} of that name (or one that differs in case only) already.`,
  remedy: `Choose another name; "${list}" shows what is there.`,
});
const unknown = (what: string, list: string): Meaning => ({
  code: 'not_found',
  message: `There is no such ${what}.`,
  remedy: `"${list}" shows what is there.`,
});

const UNDER_WAY: Meaning = {
  code: 'conflict',
  message: 'It is being built already.',
  remedy: '"centpkg builds" shows the build that is under way.',
};

/** What the violation of each constraint means to a client, by the constraint's name. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  users_pkey: exists('user', 'centpkg user list'),
  sigs_pkey: exists('SIG', 'centpkg sig list'),
  collections_pkey: exists('collection', 'centpkg collection list'),
  collections_name_any_case: exists('collection', 'centpkg collection list'),
  components_pkey: exists('component', 'centpkg component list'),
  components_name_any_case: exists('component', 'centpkg component list'),
  collection_releases_pkey: {
    code: 'conflict',
    message: 'The collection has this EL release already.',
    remedy: '"centpkg collection show NAME" lists its releases.',
  },
  collection_depends_twice: {
    code: 'input_invalid',
    message: 'A collection is named twice among the dependencies of one release.',
    remedy: 'Name each once.',
  },
  access_requests_collection_fkey: {
    code: 'conflict',
    message: 'A collection that is to be removed has requests, which are kept.',
    remedy: 'Leave the collection in; "centpkg request list" shows the requests.',
  },
  component_collections_pkey: {
    code: 'conflict',
    message: 'The component is in that collection already.',
    remedy: '"centpkg component show NAME" lists its branches.',
  },
  ssh_keys_pkey: {
    code: 'conflict',
    message: 'This SSH key is in use already, by this user or another.',
    remedy: 'Each key is for one user: make another with ssh-keygen, or see "centpkg key list".',
  },
  ssh_keys_user: unknown('user', 'centpkg user list'),
  tokens_user: unknown('user', 'centpkg user list'),
  sig_members_user: unknown('user', 'centpkg user list'),
  sig_approvals_user: unknown('user', 'centpkg user list'),
  sig_members_sig: unknown('SIG', 'centpkg sig list'),
  sig_approvals_sig: unknown('SIG', 'centpkg sig list'),
  collections_sig: unknown('SIG', 'centpkg sig list'),
  collection_depends_on: unknown('collection to depend on', 'centpkg collection list'),
  koji_provisions_release: {
    code: 'conflict',
    message: 'An EL release of the collection is set up in Koji.',
    remedy: '"centpkg collection status NAME" shows what is there; keep the release.',
  },
  builds_one_under_way: UNDER_WAY,
  builds_commit_under_way: UNDER_WAY,
  build_moves_one_under_way: {
    code: 'conflict',
    message: 'Koji is asked already to change that tag of the build.',
    remedy: '"centpkg builds" shows when it is done.',
  },
  component_collections_collection: unknown('collection', 'centpkg collection list'),
};

/**
 * The client's error for a violated constraint; any other error comes back as it is. A constraint
 * without a meaning is our fault and stays an internal error.
 */
export function constraintError(error: unknown): unknown {
  const name = (error as { constraint?: string } | null)?.constraint;
  const meaning = name === undefined ? undefined : MEANINGS[name];
  if (meaning === undefined) return error;
  return new DistGitError(meaning.code, meaning.message, {
    detail: { remedy: meaning.remedy },
    cause: error,
  });
}

/** Runs `act`, with constraint violations in a client's words. */
export async function withConstraints<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw constraintError(error);
  }
}
