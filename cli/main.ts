#!/usr/bin/env node
import { VERSION } from './version.ts';

// Whoever reads no more (centpkg … | head) has what he wants.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** Answered before anything else is loaded: scripts ask for it often. */
const [first] = process.argv.slice(2);
if (first === '--version' || first === '-V') {
  process.stdout.write(`${VERSION}\n`);
} else {
  const { runCli } = await import('./program.ts');
  process.exitCode = await runCli(process.argv.slice(2), VERSION, process, process.env);
}
