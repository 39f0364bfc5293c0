import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComponentName } from '../../core/domain/component-name.ts';
import { lookasideKey, type SourceAddress } from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { ComponentIndex } from '../../server/components/find-component.ts';
import { type Database, openPglite } from '../../server/db/database.ts';
import { VersionedCache } from '../../server/db/versioned-cache.ts';
import { deleteOverdue } from '../../server/lookaside/collect-garbage.ts';
import { SourceIndex } from '../../server/lookaside/source-index.ts';
import { acceptUpload, type UploadDeps } from '../../server/lookaside/upload-source.ts';
import { BodyPool } from '../../server/storage/body-pool.ts';
import { FolderStore } from '../../server/storage/folder-store.ts';
import type { ObjectKey, ObjectStore } from '../../server/storage/object-store.ts';
import { componentRows } from '../contracts/database/rows.ts';
import { BY_ADMIN } from '../contracts/database/world.ts';
import { sha512 } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let db: Database;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let store: FolderStore;
let component: ComponentName;
const bodies = new BodyPool(1);
const DAY = 24 * 60 * 60;
beforeAll(async () => {
  temporary = await temporaryFolder();
  store = new FolderStore(join(temporary.path, 'store'), bodies);
  await store.recover();
  db = await openPglite(null);
  await db.migrate();
  component = await componentRows(db);
});
afterAll(async () => {
  await Promise.all([db.close(), bodies.close()]);
  await temporary[Symbol.asyncDispose]();
});

const addressOf = (file: string): SourceAddress => ({
  component,
  file: parseSourceFileName(file),
  checksum: { type: 'sha512', hex: sha512(file) },
});
/** The name of SIG of the component, approved for whom we act. */
async function committer() {
  const { principal } = BY_ADMIN;
  if (principal.kind !== 'user') throw new Error('Nobody acts.');
  const sig = await db.sql.selectFrom('sigs').select('name').executeTakeFirstOrThrow();
  const approvals = [{ sig: sig.name, components: null }];
  return { ...BY_ADMIN, principal: { ...principal, approvals } };
}
async function upload(file: string, through: ObjectStore = store): Promise<void> {
  const deps: UploadDeps = {
    db,
    components: new ComponentIndex(db, new VersionedCache(db)),
    sources: new SourceIndex(db),
    store: through,
    maxUploadSize: 1000,
  };
  const accepted = await acceptUpload(deps, await committer(), addressOf(file), null);
  const body = Readable.from([Buffer.from(file)], { objectMode: false });
  await accepted({ body, mtime: () => new Date(0) });
}
const inQuarantine = (state: 'unreferenced' | 'deleting') =>
  db.sql
    .updateTable('sources')
    .set({ state, state_since: raw<Date>`now() - interval '10 days'` })
    .execute();
const garbage = () => deleteOverdue({ db, store, grace: DAY, quarantine: DAY });
/** A store that lets the deletion run between its answer and whoever asked. */
const andThenDeletes = (): ObjectStore => ({
  put: async (...args) => {
    const info = await store.put(...args);
    await garbage();
    return info;
  },
  head: (key) => store.head(key),
  get: (key, range) => store.get(key, range),
  delete: (key) => store.delete(key),
  list: () => store.list(),
  recover: () => store.recover(),
});

describe('an upload of a file whose time in quarantine is over', () => {
  it('is told to come again where the deletion runs between its object and its record', async () => {
    const address = addressOf('claimed.tar');
    await upload('claimed.tar');
    await inQuarantine('unreferenced');
    await expect(upload('claimed.tar', andThenDeletes())).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await new SourceIndex(db).find(address)).toBeNull();
    await upload('claimed.tar');
    expect(await new SourceIndex(db).find(address)).not.toBeNull();
    expect(await store.head(lookasideKey(address) as ObjectKey)).not.toBeNull();
  });

  it('keeps the file where the deletion runs behind it', async () => {
    const address = addressOf('claimed.tar');
    await inQuarantine('unreferenced');
    await upload('claimed.tar');
    await garbage();
    expect(await new SourceIndex(db).find(address)).not.toBeNull();
    expect(await store.head(lookasideKey(address) as ObjectKey)).not.toBeNull();
  });

  it('is told to wait while the object is being deleted, and can be repeated then', async () => {
    const address = addressOf('claimed.tar');
    await inQuarantine('deleting');
    await expect(upload('claimed.tar')).rejects.toMatchObject({ code: 'unavailable' });
    await garbage();
    expect(await store.head(lookasideKey(address) as ObjectKey)).toBeNull();
    await upload('claimed.tar');
    expect(await new SourceIndex(db).find(address)).not.toBeNull();
    expect(await store.head(lookasideKey(address) as ObjectKey)).not.toBeNull();
  });
});
