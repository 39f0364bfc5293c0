import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { PgliteAnswer, PgliteRequest } from './pglite-client.ts';

/** bigint arrives as text; sizes and ids stay below 2^53. */
const BIGINT = 20;

const { folder } = workerData as { folder: string | null };
const client = await PGlite.create({
  ...(folder === null ? {} : { dataDir: folder }),
  parsers: { [BIGINT]: Number },
});
const answer = (message: PgliteAnswer): void => parentPort?.postMessage(message);

async function run(request: PgliteRequest): Promise<void> {
  const { id } = request;
  try {
    if (request.sql === null) {
      await client.close();
      answer({ id, rows: [], affectedRows: 0 });
      return;
    }
    const { rows, affectedRows } = await client.query(request.sql, request.parameters);
    answer({ id, rows, affectedRows });
  } catch (error) {
    // A copy of an error keeps its message only; what we read of it goes beside.
    const { message, code, constraint } = error as Error & { code?: string; constraint?: string };
    answer({ id, error: { message, code, constraint } });
  }
}

parentPort?.on('message', (request: PgliteRequest) => void run(request));
answer({ id: 0, rows: [], affectedRows: 0 });
