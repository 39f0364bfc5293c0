import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { foundSclo, type Sclo } from './sclo.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TestServer } from './test-server.ts';

export interface Scenario {
  readonly server: TestServer;
  /** Tokens of the people of SIG `sclo`, see `foundSclo`. */
  readonly people: Sclo;
  /** A path that nothing is at yet. */
  path(name?: string): string;
}

/** One server with SIG `sclo` on it, for all tests of the file that calls this. */
export function scloScenario(settings: Readonly<Record<string, string>> = {}): Scenario {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: TestServer;
  let people: Sclo;
  let paths = 0;
  beforeAll(async () => {
    temporary = await temporaryFolder();
    server = new TestServer(join(temporary.path, 'data'), settings);
    await server.start();
    people = await foundSclo(server);
  });
  afterAll(async () => {
    await server.stop();
    await temporary[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return server;
    },
    get people() {
      return people;
    },
    path: (name = 'copy') => join(temporary.path, `${name}-${++paths}`),
  };
}

/** The lines of the server's log that tell of a fault of its own. */
export function faultsIn(server: TestServer): string[] {
  return server.log.split('\n').filter((line) => !/^($|\{"level":[1-4]0,)/.test(line));
}
