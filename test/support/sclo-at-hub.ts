import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';
import type { ApiInput } from '../../core/api/schemas.ts';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { parseElRelease } from '../../core/domain/el-release.ts';
import { KOJI_NAME_TEMPLATES, type KojiNames } from '../../core/domain/koji-names.ts';
import { parseSigName } from '../../core/domain/sig.ts';
import { KOJI_JOB } from '../../server/components/koji-jobs.ts';
import type { XmlRpcValue } from '../../server/koji/xmlrpc-value.ts';
import type { KojiHub } from './koji-hub.ts';
import { hubForServer } from './koji-scenario.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TestServer } from './test-server.ts';

const FILE = resolve(import.meta.dirname, '../fixtures/sclo-collections.yaml');

type Dependency =
  | string
  | { readonly collection: string; readonly level?: 'candidate' | 'release' };
interface Declared {
  readonly name: string;
  readonly namespace: 'rh' | 'sclo';
  readonly releases: Readonly<Record<string, readonly Dependency[]>>;
}

/** What must be at the hub, read from the file itself. */
export interface Expected {
  readonly tags: readonly string[];
  readonly targets: readonly { readonly target: string; readonly names: KojiNames }[];
  /** From a build tag to the level tag of a collection that it depends on. */
  readonly edges: readonly { readonly child: string; readonly parent: string }[];
}

/** The SCLo SIG's 72 collections, declared at a server, and a hub that has none of them. */
export interface ScloAtHub extends AsyncDisposable {
  readonly server: TestServer;
  readonly hub: KojiHub;
  readonly names: readonly string[];
  readonly expected: Expected;
  /** Sets up all, and waits for the end of it. */
  applyAll(): Promise<void>;
  /** As an admin of the hub, by hand. */
  byHand(method: string, ...params: readonly XmlRpcValue[]): XmlRpcValue;
}

export async function scloAtHub(): Promise<ScloAtHub> {
  const folder = await temporaryFolder();
  const koji = await hubForServer(join(folder.path, 'hub'));
  const server = new TestServer(join(folder.path, 'data'), koji.settings);
  await server.start();
  const body = parse(await readFile(FILE, 'utf8')) as { readonly collections: readonly Declared[] };
  const { state } = koji.hub;
  const byHand = (method: string, ...params: readonly XmlRpcValue[]): XmlRpcValue =>
    state.as('kojiadmin', method, ...params);
  byHand('grantPermission', 'sclo', 'build-sclo', true);
  for (const release of ['6', '7']) {
    byHand('createTag', `buildsys${release}`);
    for (const part of ['os', 'updates', 'extras'])
      byHand('createExternalRepo', `centos${release}-${part}`, 'http://example.org/');
  }
  await server.must('createSig', { name: 'sclo' });
  await server.must('applyDeclaration', body as unknown as ApiInput<'applyDeclaration'>);
  const names = body.collections.map(({ name }) => name);
  return {
    server,
    hub: koji.hub,
    names,
    expected: expectedOf(body.collections),
    byHand,
    async applyAll() {
      for (const collection of names) await server.must('applyKoji', { collection });
      for (;;) {
        const { items } = await server.must('listJobs', {});
        if (!items.some(({ kind }) => kind === KOJI_JOB)) return;
        await pause(100);
      }
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await koji[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function expectedOf(collections: readonly Declared[]): Expected {
  const vendors = new Map(collections.map(({ name, namespace }) => [name, namespace]));
  const namesOf = (name: string, release: string): KojiNames =>
    KOJI_NAME_TEMPLATES.cbs({
      sig: parseSigName('sclo'),
      vendor: vendors.get(name) ?? 'rh',
      collection: parseCollectionName(name),
      release: parseElRelease(release),
    });
  const all = collections.flatMap(({ name, releases }) =>
    Object.entries(releases).map(([release, depends]) => ({
      names: namesOf(name, release),
      release,
      depends,
    })),
  );
  return {
    tags: all.flatMap(({ names }) => [...Object.values(names.levels), names.buildTag]),
    targets: all.map(({ names }) => ({ target: names.target, names })),
    edges: all.flatMap(({ names, release, depends }) =>
      depends.map((one) => {
        const { collection, level = 'candidate' } =
          typeof one === 'string' ? { collection: one } : one;
        return { child: names.buildTag, parent: namesOf(collection, release).levels[level] };
      }),
    ),
  };
}
