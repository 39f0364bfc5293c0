import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './architecture.ts';

const FOLDER = join(ROOT, 'test/fixtures/koji');

/** One exchange with a real hub, as it was recorded. */
export interface Exchange {
  readonly name: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly status: number;
  readonly req_headers: Readonly<Record<string, string>>;
  readonly resp_headers: Readonly<Record<string, string>>;
  readonly fault: readonly [code: number, text: string] | null;
}

/** In the order in which they were made. */
export function recordedExchanges(): Exchange[] {
  return JSON.parse(readFileSync(join(FOLDER, 'index.json'), 'utf8')) as Exchange[];
}

export const recordedRequest = ({ name }: Exchange): Buffer =>
  readFileSync(join(FOLDER, `${name}.request.xml`));
export const recordedResponse = ({ name }: Exchange): Buffer =>
  readFileSync(join(FOLDER, `${name}.response.xml`));
