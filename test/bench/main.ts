import { availableParallelism, cpus, loadavg } from 'node:os';
import { run } from '../support/process.ts';
import { accessBench } from './access.ts';
import { apacheVersion } from './apache.ts';
import { gitBench } from './git.ts';
import { importBench } from './import.ts';
import { indexSizeBench } from './index-size.ts';
import { kojiBench } from './koji.ts';
import { lookasideBench } from './lookaside.ts';
import { formatTable, type Measure } from './measure.ts';
import { pushMemoryBench } from './push-memory.ts';
import { s3Bench } from './s3.ts';
import { sourcesBench } from './sources.ts';
import { specBench } from './spec.ts';
import { sshBench } from './ssh.ts';
import { startupBench } from './startup.ts';
import { uploadBench } from './upload.ts';

interface Bench {
  readonly title: string;
  measure(): Promise<Measure[]>;
}

/** Every bench, by the name that `npm run bench -- NAME` takes. */
const BENCHES: Readonly<Record<string, Bench>> = {
  git: {
    title: 'git: ours with login and all checks; peer: Apache with git-http-backend, without any',
    measure: gitBench,
  },
  upload: {
    title: 'upload: ours with login, database and checks; peer: a bare node:http server',
    measure: uploadBench,
  },
  lookaside: { title: 'look-aside: questions and downloads', measure: lookasideBench },
  index: {
    title: 'index of 1,000,000 files in 50,000 components; peer: our server with one file',
    measure: indexSizeBench,
  },
  s3: {
    title:
      "s3: rpkg's upload to ours, its files in a bucket; peer: the AWS SDK alone, same S3 server",
    measure: s3Bench,
  },
  access: {
    title: 'access: login, component and decision, 50,000 components and 5,000 users',
    measure: accessBench,
  },
  push: { title: 'push: memory of a large one', measure: pushMemoryBench },
  ssh: {
    title: 'ssh: ours with login and all checks; peer: sshd with a file of keys and bare git',
    measure: sshBench,
  },
  spec: {
    title: 'spec: our reader; peer: rpmspec with the same macros, one process for all files',
    measure: specBench,
  },
  koji: {
    title: 'koji: 72 collections of a SIG, set up at a hub that has none of them',
    measure: kojiBench,
  },
  import: {
    title: 'import of a source package; peer: rpm2cpio and cpio, which check nothing',
    measure: importBench,
  },
  startup: { title: 'startup', measure: startupBench },
  sources: {
    title: "sources: centpkg's; peer: rpkg's by the configuration that the server hands out",
    measure: sourcesBench,
  },
};

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const names = args.length === 0 ? Object.keys(BENCHES) : args;
  const unknown = names.find((name) => BENCHES[name] === undefined);
  if (unknown !== undefined) {
    print(`There is no bench ${unknown}; there are: ${Object.keys(BENCHES).join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  print(await machine());
  print('Medians, each ± the interquartile range; the ratio is taken within every round.');
  for (const name of names) {
    const bench = BENCHES[name] as Bench;
    const start = performance.now();
    try {
      const table = formatTable(bench.title, await bench.measure());
      print(`\n${table}(${((performance.now() - start) / 1000).toFixed(0)} s)`);
    } catch (error) {
      print(`\n${bench.title}\ncould not be run: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}

/** What the numbers were measured on; a load above a few tenths means that they are disturbed. */
async function machine(): Promise<string> {
  const [cpu] = cpus();
  const git = (await run('git', ['--version'])).stdout.trim();
  const [load = 0] = loadavg();
  return [
    `${availableParallelism()} cores (${cpu?.model.trim() ?? 'unknown'}), load ${load.toFixed(2)}`,
    `node ${process.version}`,
    git,
    await apacheVersion(),
  ].join(', ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
