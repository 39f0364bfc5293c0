import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { type DataFolder, openDataFolder } from '../db/data-folder.ts';
import { type Database, openPglite, openPostgres } from '../db/database.ts';
import { BodyPool } from '../storage/body-pool.ts';
import { FolderStore } from '../storage/folder-store.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { partSizeFor } from '../storage/s3-options.ts';

/** What `npm run import` works with: the server's database and store, while no server runs. */
export async function openForImport(settings: Settings) {
  const folder = await openDataFolder(resolve(settings.server.data));
  const bodies = openBodies(settings);
  const store = await openStore(settings, folder.lookaside, bodies);
  const db = await openDatabase(settings, folder);
  await store.recover();
  return {
    deps: { db, store, namespace: settings.server.namespace },
    async close() {
      await Promise.all([db.close(), bodies.close()]);
      folder.release();
    },
  };
}

/** The threads that hash; those of a folder write, too, and wait for the disk. */
export function openBodies({ storage }: Settings): BodyPool {
  return storage.kind === 's3'
    ? new BodyPool(Math.max(1, availableParallelism() - 1))
    : new BodyPool();
}

export async function openDatabase(settings: Settings, folder: DataFolder): Promise<Database> {
  const db =
    settings.database.url === undefined
      ? await openPglite(folder.database)
      : openPostgres(settings.database.url, settings.database.pool_size);
  await db.migrate();
  return db;
}

/** `folder`: where the files are unless the settings say otherwise. */
export async function openStore(
  { storage, lookaside }: Settings,
  folder: string,
  bodies: BodyPool,
): Promise<ObjectStore> {
  const { s3_bucket: bucket, s3_access_key_id: id, s3_secret_access_key: secret } = storage;
  if (storage.kind === 'folder' || bucket === undefined)
    return new FolderStore(storage.folder ?? folder, bodies);
  // A third of all code, which every collection of garbage walks over: only where it is used.
  const { S3Store } = await import('../storage/s3-store.ts');
  const options = {
    bucket,
    prefix: storage.s3_prefix,
    endpoint: storage.s3_endpoint,
    region: storage.s3_region,
    pathStyle: storage.s3_path_style,
    credentials:
      id === undefined || secret === undefined
        ? undefined
        : { accessKeyId: id, secretAccessKey: secret },
    timeoutMs: storage.s3_timeout * 1000,
    partSize: partSizeFor(lookaside.max_upload_size),
    presignSeconds: storage.downloads === 'redirect' ? storage.presign_expiry : null,
  };
  return new S3Store(options, bodies);
}
