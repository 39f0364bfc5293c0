import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { openPglite } from '../../server/db/database.ts';
import { foundSclo, put, sha512 } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { basicAuth } from './basic-auth.ts';
import { Load } from './load.ts';
import { alternate, type Measure, timesAtMost } from './measure.ts';
import { median } from './stats.ts';
import { questionFor } from './upload-form.ts';

const FILES = 1_000_000;
const COMPONENTS = 50_000;
/** Rows of one statement. */
const BATCH = 50_000;
const CONTENT = 'small\n';

interface Side {
  readonly server: TestServer;
  readonly authorization: string;
}

/** The same questions to a server whose index is full, and to one that has one file. */
export async function indexSizeBench(): Promise<Measure[]> {
  await using folder = await temporaryFolder();
  await using full = new TestServer(join(folder.path, 'full'));
  await using empty = new TestServer(join(folder.path, 'empty'));
  const sides = { ours: await open(full), peer: await open(empty) };
  await full.stop();
  await fill(join(full.data, 'database'));
  await full.start();

  await using load = new Load();
  const check = (file: string) =>
    alternate<Side>(7, sides, async ({ server, authorization }) => {
      const url = `${server.url}/lookaside/upload.cgi`;
      const question = questionFor('python', file, sha512(CONTENT), authorization);
      const job = { kind: 'post', url, clients: 1, seconds: 0.5, ...question } as const;
      return median((await load.run(job)).latencies);
    });
  const there = await check('small');
  const missing = await check('other');
  const download = await alternate<Side>(7, sides, async ({ server }) => {
    const url = `${server.url}/lookaside/python/small/sha512/${sha512(CONTENT)}`;
    const times: number[] = [];
    for (let count = 0; count < 300; count++) {
      const start = performance.now();
      const text = await (await fetch(url)).text();
      if (text !== CONTENT) throw new Error(`${url}: ${text}`);
      times.push(performance.now() - start);
    }
    return median(times);
  });
  const target = timesAtMost(1.2);
  return [
    { name: 'check of a file that is there', unit: 'ms', ...there, target },
    { name: 'check of one that is not', unit: 'ms', ...missing, target },
    { name: 'download of a small file', unit: 'ms', ...download, target },
  ];
}

async function open(server: TestServer): Promise<Side> {
  await server.start();
  const { committer } = await foundSclo(server);
  await put(server, committer, 'python', 'small', CONTENT);
  return { server, authorization: basicAuth(committer) };
}

/** Past the use cases: only the rows count here. */
async function fill(database: string): Promise<void> {
  const db = await openPglite(database);
  const run = (statement: ReturnType<typeof raw>) => statement.execute(db.sql);
  await run(raw`insert into components (name, exploded, state, created_by, references_known)
    select 'component-' || n, false, 'active', 'ann', true
    from generate_series(1, ${COMPONENTS}::int) n`);
  await run(raw`insert into component_collections (component, collection)
    select 'component-' || n, 'python33' from generate_series(1, ${COMPONENTS}::int) n`);
  for (let from = 0; from < FILES; from += BATCH)
    await run(raw`insert into sources (component, file, hash_type, hash, size, mtime, uploaded_by)
      select 'component-' || (n % ${COMPONENTS}::int + 1), 'file-' || n || '.tar.xz', 'sha512',
        repeat(md5(n::text), 4), n, now(), 'ann'
      from generate_series(${from}::int + 1, ${from + BATCH}::int) n`);
  await run(raw`analyze`);
  await db.close();
}
