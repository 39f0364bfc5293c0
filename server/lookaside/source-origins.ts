import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName, branchRef } from '../../core/domain/branch-name.ts';
import { type Checksum, parseChecksum } from '../../core/domain/checksum.ts';
import type { SourceAddress } from '../../core/domain/lookaside-path.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { type ComponentIndex, collectionsOf } from '../components/find-component.ts';
import type { Database } from '../db/database.ts';
import type { Git } from '../git/git.ts';
import type { Repositories } from '../git/repositories.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openSource, requireSource } from './open-source.ts';
import type { SourceIndex } from './source-index.ts';
import { isSource, SOURCE_KEY, sourceKey } from './source-key.ts';

export interface OriginDeps {
  readonly db: Database;
  readonly components: ComponentIndex;
  readonly sources: SourceIndex;
  readonly store: ObjectStore;
  readonly git: Git;
  readonly repositories: Repositories;
}

type OriginView = ApiOutput<'recordOrigin'>;

/** Bytes of a keyring. */
const MAX_KEYRING = 1024 * 1024;

/**
 * Records where a file of the cache came from. With a signature it is checked against the keyring
 * that lies in a branch of the component, and what comes of it is recorded, good or bad.
 * @throws DistGitError `not_found`, `not_allowed`, `input_invalid`
 */
export async function recordOrigin(
  deps: OriginDeps,
  context: RequestContext,
  input: ApiParsed<'recordOrigin'>,
): Promise<OriginView> {
  const { db } = deps;
  const component = await deps.components.find(input.component);
  const subject = `${input.component}/${input.file}`;
  const collections = collectionsOf(component.branches);
  const request = { action: 'upload', component: input.component, collections } as const;
  const decision = await authorize(db, context, request, subject);
  const address = addressOf(input);
  await requireSource(deps.sources, address);
  const verdict = input.signature === null ? null : await check(deps, component, address, input);
  const row = {
    ...sourceKey(address),
    url: input.url,
    signature: input.signature?.text ?? null,
    keyring:
      input.signature === null ? null : `${input.signature.branch}:${input.signature.keyring}`,
    result: verdict?.result ?? null,
    signer: verdict?.signer ?? null,
    recorded_by: requireUser(context).name,
  };
  return db.transaction(async (sql) => {
    const { recorded_at } = await sql
      .insertInto('source_origins')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(SOURCE_KEY).doUpdateSet({
          ...row,
          recorded_at: new Date(),
        }),
      )
      .returning('recorded_at')
      .executeTakeFirstOrThrow();
    await recordAudit(sql, context, {
      action: 'source.origin',
      subject,
      decision,
      detail: { url: input.url, result: row.result, signer: row.signer },
    });
    return view({ ...row, recorded_at });
  });
}

async function check(
  deps: OriginDeps,
  component: Awaited<ReturnType<ComponentIndex['find']>>,
  address: SourceAddress,
  { signature }: ApiParsed<'recordOrigin'>,
) {
  if (signature === null) throw new Error('There is no signature to check.');
  const branch = component.branches.find((one) => branchName(one) === signature.branch);
  if (branch === undefined)
    fail(
      'not_found',
      `${component.name} has no branch ${signature.branch}.`,
      '"centpkg component show NAME" lists its branches.',
    );
  const repository = deps.repositories.path(component.name);
  const name = `${branchRef(branch)}:${signature.keyring}`;
  const keyring = await deps.git
    .output(['-C', repository, 'cat-file', 'blob', name], {}, MAX_KEYRING)
    .catch((cause: unknown) => {
      throw new DistGitError(
        'not_found',
        `${signature.branch} has no file ${signature.keyring} that could be a keyring.`,
        { detail: { remedy: 'Commit the public keys of the upstream, and push.' }, cause },
      );
    });
  const { verifySignature } = await import('./verify-signature.ts');
  const body = await openSource(deps.store, address);
  try {
    return await verifySignature(body, signature.text, keyring);
  } finally {
    body.destroy();
  }
}

/**
 * What is known of a file as an in-toto Statement v1, unsigned.
 * @throws DistGitError `not_found`
 */
export async function showStatement(
  deps: OriginDeps,
  input: ApiParsed<'showStatement'>,
  url: string,
): Promise<ApiOutput<'showStatement'>> {
  const address = addressOf(input);
  await requireSource(deps.sources, address);
  const named = isSource(sourceKey(address));
  const source = await deps.db.sql
    .selectFrom('sources')
    .selectAll()
    .where(named)
    .executeTakeFirstOrThrow();
  const origin = await deps.db.sql
    .selectFrom('source_origins')
    .selectAll()
    .where(named)
    .executeTakeFirst();
  const usedBy = await deps.db.sql
    .selectFrom('source_references')
    .select(['ref', 'commit'])
    .where(named)
    .orderBy('ref')
    .execute();
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: address.file, digest: { [address.checksum.type]: address.checksum.hex } }],
    predicateType: `${url}/predicates/source-upload/v1`,
    predicate: {
      component: address.component,
      size: source.size,
      uploadedBy: source.uploaded_by,
      uploadedAt: source.uploaded_at.toISOString(),
      origin: origin === undefined ? null : view(origin),
      usedBy: usedBy.map(({ ref, commit }) => ({ ref, commit })),
    },
  };
}

function addressOf(input: {
  readonly component: SourceAddress['component'];
  readonly file: SourceAddress['file'];
  readonly hashType: Checksum['type'];
  readonly hash: string;
}): SourceAddress {
  const checksum = parseChecksum(input.hashType, input.hash);
  return { component: input.component, file: input.file, checksum };
}

interface OriginRow {
  readonly url: string;
  readonly keyring: string | null;
  readonly result: 'good' | 'bad' | 'unknown-key' | null;
  readonly signer: string | null;
  readonly recorded_by: string;
  readonly recorded_at: Date;
}
function view(row: OriginRow): OriginView {
  return {
    url: row.url,
    signature:
      row.result === null
        ? null
        : { result: row.result, signer: row.signer ?? '', keyring: row.keyring ?? '' },
    recordedBy: row.recorded_by,
    recordedAt: row.recorded_at.toISOString(),
  };
}
