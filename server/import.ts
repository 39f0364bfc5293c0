import { parseArgs } from 'node:util';
import { DistGitError } from '../core/api/distgit-error.ts';
import { formatBytes } from '../core/domain/byte-size.ts';
import { openForImport } from './compose/storage.ts';
import { loadSettings } from './config/load-settings.ts';
import {
  filesOfList,
  filesOfTree,
  type ImportReport,
  importSources,
} from './lookaside/import-sources.ts';

const USAGE = `Usage: npm run import -- [--config FILE] (--tree FOLDER | --list FILE)

Imports a look-aside cache into this server's, while the server is stopped. Every file is verified
against the checksum in its path; what is there already is passed over, so that an import that
broke off goes on where it stopped. The components must be there.

  --tree FOLDER  [NAMESPACE/]COMPONENT/FILE/HASHTYPE/HASH/FILE, COMPONENT/FILE/MD5/FILE (dist-git),
                 COMPONENT/BRANCH/SHA1 (CentOS)
  --list FILE    lines "COMPONENT HASH URL [FILE]"; the hash type is known by its length

Exit status: 0 all is there, 6 some files could not be imported and are named, 2 wrong use.
`;

/** Problems that are shown one by one. */
const SHOWN = 50;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      tree: { type: 'string' },
      list: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { tree, list } = values;
  if (values.help === true || (tree === undefined) === (list === undefined)) {
    process.stdout.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const settings = loadSettings(values.config ?? process.env.DISTGIT_CONFIG ?? null, process.env);
  const backends = await openForImport(settings);
  const { deps } = backends;
  const start = performance.now();
  let told = 0;
  const progress = (report: ImportReport): void => {
    if (performance.now() - told < 1000) return;
    told = performance.now();
    process.stderr.write(`${summary(report, start)}\n`);
  };
  try {
    const items = tree === undefined ? filesOfList(list ?? '') : filesOfTree(tree, deps.namespace);
    const report = await importSources(deps, items, progress);
    for (const { name, problem } of report.failed.slice(0, SHOWN))
      process.stderr.write(`error: ${name}: ${problem}\n`);
    const more = report.failed.length - SHOWN;
    if (more > 0) process.stderr.write(`... and ${more} more\n`);
    process.stdout.write(`${summary(report, start)}\n`);
    return report.failed.length === 0 ? 0 : 6;
  } finally {
    await backends.close();
  }
}

function summary({ imported, bytes, present, failed }: ImportReport, start: number): string {
  const seconds = (performance.now() - start) / 1000;
  const files = imported + present + failed.length;
  const rate = `${Math.round(files / seconds)} files/s`;
  return `${imported} imported (${formatBytes(bytes)}), ${present} there already, ${failed.length} failed; ${rate}`;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const known =
      error instanceof DistGitError || (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!known && !(error as Error).message.startsWith('Unknown option')) throw error;
    const { message } = error as Error;
    const remedy = error instanceof DistGitError ? (error.detail.remedy ?? '') : '';
    process.stderr.write(`error: ${message}\n${remedy === '' ? '' : `${remedy}\n`}`);
    process.exit(error instanceof DistGitError ? error.kind.exit : 2);
  },
);
