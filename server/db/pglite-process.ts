import { PGlite } from '@electric-sql/pglite';
import type { PgliteAnswer, PgliteRequest } from './pglite-client.ts';
import { takeLock } from './process-lock.ts';

/** bigint arrives as text; sizes and ids stay below 2^53. */
const BIGINT = 20;
/** How long the process of a server that died may take to go. */
const PREDECESSOR_MS = 15_000;

// Its server ends it: by a word, or by being gone. A signal to the whole group (Ctrl-C) is for the
// server alone, which has requests to finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// A polite exit waits for the compiler of WebAssembly, for seconds after a start, while the next
// server waits for the lock. What was committed is in the files.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const answer = (message: PgliteAnswer): void => {
  // A server that dies this moment does not hear it; that is told by the disconnect.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};
const told = (id: number, error: unknown): void => {
  const { message, code, constraint } = error as Error & { code?: string; constraint?: string };
  answer({ id, error: { message, code, constraint } });
};

async function open(folder: string | null): Promise<PGlite> {
  if (folder !== null) {
    // Two processes on one folder would destroy it.
    for (const end = Date.now() + PREDECESSOR_MS; ; ) {
      const owner = await takeLock(`${folder}.lock`);
      if (owner === null) break;
      if (Date.now() > end) throw new Error(`Process ${owner} has the database open.`);
      // It is on its way out; looking without a pause would only keep it from getting there.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return PGlite.create({
    ...(folder === null ? {} : { dataDir: folder }),
    parsers: { [BIGINT]: Number },
  });
}

async function run(client: PGlite, { id, sql, parameters }: PgliteRequest): Promise<void> {
  try {
    if (sql === null) {
      await client.close();
      answer({ id, rows: [], affectedRows: 0 });
      return;
    }
    const { rows, affectedRows } = await client.query(sql, parameters);
    answer({ id, rows, affectedRows });
  } catch (error) {
    told(id, error);
  }
}

const folder = process.argv[2] ?? null;
open(folder).then(
  (client) => {
    process.on('message', (request: PgliteRequest) => void run(client, request));
    answer({ id: 0, rows: [], affectedRows: 0 });
  },
  (error: unknown) => told(0, error),
);
