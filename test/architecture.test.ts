import { describe, expect, it } from 'vitest';
import {
  importStatements,
  importsOf,
  type Modules,
  readModules,
  violations,
} from './support/architecture.ts';

const modules = readModules();

describe('the architecture', () => {
  it('is seen: every module, and every import of each', () => {
    expect(modules.size).toBeGreaterThanOrEqual(100);
    let imports = 0;
    for (const [path, source] of modules) {
      const seen = importsOf(path, source);
      expect([path, seen.length >= importStatements(source)]).toEqual([path, true]);
      imports += seen.length;
    }
    expect(imports).toBeGreaterThan(300);
  });

  it('has no import of a module that is not there', () => {
    const missing = [...modules].flatMap(([path, source]) =>
      importsOf(path, source)
        .map(({ to }) => to)
        .filter((to) => /^(core|server|cli)\//.test(to) && to.endsWith('.ts') && !modules.has(to)),
    );
    expect(missing).toEqual([]);
  });

  it('is kept: imports go down the rings only', () => {
    expect(violations(modules)).toEqual([]);
  });
});

/** What is found more when a module with just this text is beside all others. */
function foundMore(path: string, source: string): string[] {
  const before = violations(modules);
  const all: Modules = new Map([...modules, [path, source]]);
  return violations(all).filter((one) => !before.includes(one));
}

describe('the check of the architecture fires', () => {
  it.each([
    ['up a ring', 'server/db/x.ts', `import { x } from '../access/audit.ts';`],
    ['up two rings', 'server/git/x.ts', `import { x } from '../http/app.ts';`],
    ['up a ring, of types', 'server/db/x.ts', `import type { X } from '../git/git.ts';`],
    ['sideways below', 'server/storage/x.ts', `import { x } from '../git/git.ts';`],
    [
      'sideways at the bottom',
      'server/db/x.ts',
      `import { x } from '../observability/metrics.ts';`,
    ],
    [
      'from sigs to components',
      'server/sigs/x.ts',
      `import { x } from '../components/provision.ts';`,
    ],
    [
      'from lookaside to pushes',
      'server/lookaside/x.ts',
      `import { x } from '../pushes/push-mark.ts';`,
    ],
    ['from identity to users', 'server/identity/x.ts', `import { x } from '../users/users.ts';`],
    ['from http to compose', 'server/http/x.ts', `import { x } from '../compose/x.ts';`],
    ['from web to http', 'server/web/x.ts', `import { x } from '../http/app.ts';`],
    ['from web to use cases', 'server/web/x.ts', `import { x } from '../sigs/sigs.ts';`],
    ['from worker to http', 'server/worker/x.ts', `import { x } from '../http/app.ts';`],
    ['from a folder in no ring', 'server/utils/x.ts', `import { x } from '../db/database.ts';`],
    ['to a folder in no ring', 'server/http/x.ts', `import { x } from '../utils/x.ts';`],
    ['of settings past config', 'server/access/x.ts', `import { x } from '../db/settings.ts';`],
    ['from config to more', 'server/config/x.ts', `import { x } from '../db/database.ts';`],
    ['from cli to server', 'cli/commands/x.ts', `import { x } from '../../server/git/git.ts';`],
    ['from server to cli', 'server/http/x.ts', `import { x } from '../../cli/config.ts';`],
    ['from server to tests', 'server/http/x.ts', `import { x } from '../../test/support/sclo.ts';`],
    [
      'from core to server',
      'core/domain/x.ts',
      `import type { X } from '../../server/db/tables.ts';`,
    ],
    ['from core to a package', 'core/api/x.ts', `import { sql } from 'kysely';`],
    ['from core to files', 'core/domain/x.ts', `import { readFile } from 'node:fs/promises';`],
    ['from core to paths', 'core/domain/x.ts', `import { join } from 'node:path';`],
    [
      'from core to processes',
      'core/git/x.ts',
      `import { type ChildProcess, spawn } from 'node:child_process';`,
    ],
    ['for its side effects', 'core/domain/x.ts', `import 'node:net';`],
    ['when it is called', 'core/domain/x.ts', `const x = await import('node:http');`],
    [
      'over several lines',
      'server/db/x.ts',
      `import {\n  type A,\n  b,\n} from '../access/audit.ts';`,
    ],
    ['that is handed on', 'server/db/x.ts', `export { b } from '../access/audit.ts';`],
    ['of everything', 'server/db/x.ts', `import * as all from '../access/audit.ts';`],
    ['as a worker', 'server/db/x.ts', `new Worker(new URL('../git/git.ts', import.meta.url));`],
    ['of express', 'server/web/x.ts', `import { Router } from 'express';`],
    ['of multer', 'server/lookaside/x.ts', `import multer from 'multer';`],
    ['of kysely by http', 'server/http/x.ts', `import { sql } from 'kysely';`],
    ['of pg', 'server/jobs/x.ts', `import { Pool } from 'pg';`],
    ['of processes', 'server/pushes/x.ts', `import { spawn } from 'node:child_process';`],
    ['of https in another file', 'server/koji/x.ts', `import { request } from 'node:https';`],
    ['of http beside https', 'server/koji/hub-post.ts', `import { request } from 'node:http';`],
  ])('on an import %s', (_, path, source) => {
    const found = foundMore(path, source);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path} imports `);
  });

  it.each([
    ['the environment', 'server/git/x.ts', 'const path = process.env.PATH;'],
    ['the environment in core', 'core/domain/x.ts', 'const { PATH } = process?.env ?? {};'],
    ['the environment by its module', 'server/git/x.ts', `import { env } from 'node:process';`],
    ['the environment under another name', 'server/git/x.ts', 'const { env } = process;'],
    ['modules that nobody sees', 'server/git/x.ts', `const fs = createRequire(here)('fs');`],
    [
      'tables of permission on the way',
      'server/sigs/x.ts',
      `await db.sql\n  .deleteFrom('sig_members').execute();`,
    ],
  ])('on a use of %s', (_, path, source) => {
    const found = foundMore(path, source);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${path} `));
  });

  it('on a package that two files have', () => {
    const two = new Map([
      ['server/storage/a.ts', `import { S3Client } from '@aws-sdk/client-s3';`],
      ['server/storage/b.ts', `import { Upload } from '@aws-sdk/lib-storage';`],
    ]);
    expect(violations(two)).toHaveLength(1);
    two.delete('server/storage/b.ts');
    expect(violations(two)).toEqual([]);
  });

  it.each([
    ['from http to web', 'server/http/x.ts', `import { x } from '../web/html.ts';`],
    ['from web to core', 'server/web/x.ts', `import { x } from '../../core/domain/text.ts';`],
    ['down the rings', 'server/http/x.ts', `import { x } from '../git/git.ts';`],
    [
      'of types of node, in core',
      'core/git/x.ts',
      `import type { ChildProcess } from 'node:child_process';`,
    ],
    ['in a comment', 'core/git/x.ts', `// import { x } from 'node:fs';\n/* process.env */`],
    ['of settings by config', 'server/config/x.ts', `import { x } from '../http/settings.ts';`],
    ['of the environment by main', 'server/main.ts', 'process.env.PATH;'],
    ['of the environment by config', 'cli/config.ts', 'process.env.HOME;'],
  ])('and not on an import %s', (_, path, source) => {
    expect(violations(new Map([[path, source]]))).toEqual([]);
  });
});
