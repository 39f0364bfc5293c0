import { createReadStream } from 'node:fs';
import { opendir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { type Insertable, sql as raw } from 'kysely';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { checksumByLength } from '../../core/domain/checksum.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import {
  lookasideKey,
  parseStoredPath,
  type SourceAddress,
} from '../../core/domain/lookaside-path.ts';
import type { UserName } from '../../core/domain/sig.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { serverAuditRow } from '../access/audit.ts';
import type { Database } from '../db/database.ts';
import type { Tables } from '../db/tables.ts';
import type { ObjectKey, ObjectStore } from '../storage/object-store.ts';
import { incomingBody } from './incoming-body.ts';
import { isOneOfSources, objectKeyOf, SOURCE_KEY, sourceKey } from './source-key.ts';

export interface ImportDeps {
  readonly db: Database;
  readonly store: ObjectStore;
  /** First part of names in the tree: `<namespace>/<component>/…`. */
  readonly namespace: string;
}

/** A file to be imported, and how its bytes are had. */
export interface ImportItem {
  /** As the report names it. */
  readonly name: string;
  /** @throws DistGitError for what is no source file */
  address(): SourceAddress;
  open(): Promise<{ readonly body: Readable; readonly mtime: Date }>;
}

export interface ImportReport {
  imported: number;
  /** Bytes of those. */
  bytes: number;
  /** Were there already. */
  present: number;
  readonly failed: { readonly name: string; readonly problem: string }[];
}

/** Files that are stored side by side. */
const PARALLEL = 8;
/** Rows of one statement. */
const BATCH = 200;
/** Who uploaded what was imported. */
const IMPORTER = 'import' as UserName;

/**
 * Imports files, each verified against the checksum in its name; a file that is there already is
 * not read. Run again it goes on where it stopped. What can not be imported is reported, and the
 * others are not held up.
 * @param progress called after every batch
 */
export async function importSources(
  deps: ImportDeps,
  items: AsyncIterable<ImportItem>,
  progress: (report: ImportReport) => void,
): Promise<ImportReport> {
  const report: ImportReport = { imported: 0, bytes: 0, present: 0, failed: [] };
  const rows = await deps.db.sql.selectFrom('components').select('name').execute();
  const components: ReadonlySet<string> = new Set(rows.map(({ name }) => name));
  let batch: { item: ImportItem; address: SourceAddress }[] = [];
  const flush = async (): Promise<void> => {
    await importBatch(deps, batch, report);
    batch = [];
    progress(report);
  };
  for await (const item of items) {
    try {
      const address = item.address();
      if (!components.has(address.component))
        fail(
          'not_found',
          `there is no component ${address.component}`,
          'Create it: centpkg component create',
        );
      batch.push({ item, address });
    } catch (error) {
      report.failed.push({ name: item.name, problem: problemOf(error) });
    }
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  return report;
}

async function importBatch(
  deps: ImportDeps,
  batch: readonly { readonly item: ImportItem; readonly address: SourceAddress }[],
  report: ImportReport,
): Promise<void> {
  if (batch.length === 0) return;
  const present = await presentAmong(deps.db, batch);
  const stored: Insertable<Tables['sources']>[] = [];
  const waiting = [...batch];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { item, address } = next;
      const key = lookasideKey(address);
      if (present.has(key)) {
        report.present++;
        continue;
      }
      // The same file twice in one tree, by the old and by the new layout.
      present.add(key);
      try {
        stored.push(await store(deps, item, address));
      } catch (error) {
        report.failed.push({ name: item.name, problem: problemOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  if (stored.length === 0) return;
  const bytes = stored.reduce((sum, { size }) => sum + size, 0);
  await deps.db.transaction(async (sql) => {
    await sql
      .insertInto('sources')
      .values(stored)
      .onConflict((conflict) =>
        conflict
          .columns(SOURCE_KEY)
          .doUpdateSet({ state: 'stored', state_since: raw<Date>`now()` }),
      )
      .execute();
    const entry = {
      action: 'source.import',
      subject: 'look-aside cache',
      decision: { allowed: true, rule: 'import', reason: '' },
      detail: { files: stored.length, bytes },
    } as const;
    await sql.insertInto('audit_log').values(serverAuditRow(entry)).execute();
  });
  report.imported += stored.length;
  report.bytes += bytes;
}

async function store(
  deps: ImportDeps,
  item: ImportItem,
  address: SourceAddress,
): Promise<Insertable<Tables['sources']>> {
  const { body, mtime } = await item.open();
  try {
    const key = lookasideKey(address) as ObjectKey;
    const bytes = incomingBody({ body }, Number.POSITIVE_INFINITY);
    const info = await deps.store.put(key, bytes, () => mtime, address.checksum);
    return {
      ...sourceKey(address),
      size: info.size,
      mtime,
      uploaded_by: IMPORTER,
    };
  } finally {
    body.destroy();
  }
}

/** @returns the keys in the object store of those that the cache has */
async function presentAmong(
  db: Database,
  batch: readonly { readonly address: SourceAddress }[],
): Promise<Set<string>> {
  const rows = await db.sql
    .selectFrom('sources')
    .select(SOURCE_KEY)
    .where(isOneOfSources(batch.map(({ address }) => sourceKey(address))))
    .where('state', '=', 'stored')
    .execute();
  return new Set(rows.map(objectKeyOf));
}

/** @throws what is no fault of the one file: an outage, a full disk */
function problemOf(error: unknown): string {
  if (!(error instanceof DistGitError)) throw error;
  if (error.code === 'unavailable' || error.code === 'storage_full') throw error;
  return `${error.message}${error.detail.remedy === undefined ? '' : ` ${error.detail.remedy}`}`;
}

/** Every file below `root`, by the layouts of dist-git's look-aside cache and of CentOS's. */
export async function* filesOfTree(root: string, namespace: string): AsyncGenerator<ImportItem> {
  for await (const entry of await opendir(root, { recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path);
    yield {
      name,
      address: () => parseStoredPath(name.split(sep), namespace),
      async open() {
        const { mtime } = await stat(path);
        return { body: createReadStream(path, { highWaterMark: 256 * 1024 }), mtime };
      },
    };
  }
}

/** Lines `<component> <hash> <URL> [<file>]`; the hash type is known by its length. */
export async function* filesOfList(path: string): AsyncGenerator<ImportItem> {
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    const [component = '', hash = '', url = '', file, ...more] = line.trim().split(/\s+/);
    if (component === '' || component.startsWith('#')) continue;
    yield {
      name: line.trim(),
      address() {
        if (!URL.canParse(url) || !/^https?:/.test(url) || more.length > 0)
          fail('input_invalid', 'the line is not "<component> <hash> <URL> [<file>]".');
        const last = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
        return {
          component: parseComponentName(component),
          file: parseSourceFileName(file ?? last),
          checksum: checksumByLength(hash),
        };
      },
      async open() {
        const answer = await fetch(url).catch((cause: unknown) => {
          throw new DistGitError('not_found', `${url} can not be reached.`, { cause });
        });
        if (!answer.ok || answer.body === null)
          fail('not_found', `${url} answers with status ${answer.status}.`);
        const modified = new Date(answer.headers.get('last-modified') ?? Number.NaN);
        return {
          body: Readable.fromWeb(answer.body),
          mtime: Number.isNaN(modified.getTime()) ? new Date() : modified,
        };
      },
    };
  }
}
