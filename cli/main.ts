#!/usr/bin/env node
import { VERSION } from './version.ts';

// Whoever reads no more (centpkg … | head) has what he wants.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** No `await` outside of it: the bundle is no ES module, see `deploy/build-cli.ts`. */
async function main(argv: readonly string[]): Promise<void> {
  // Where node ends because nothing is left to wait for, the command has not come to its end.
  process.exitCode = 1;
  const { runCli } = await import('./program.ts');
  process.exitCode = await runCli(argv, VERSION, process, process.env);
}

/** Answered before anything else is loaded: scripts ask for it often. */
const [first] = process.argv.slice(2);
if (first === '--version' || first === '-V') {
  process.stdout.write(`${VERSION}\n`);
} else {
  void main(process.argv.slice(2));
}
