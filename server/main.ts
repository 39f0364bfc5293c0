import { parseArgs } from 'node:util';
import { DistGitError } from '../core/api/distgit-error.ts';
import { startServer } from './compose/start-server.ts';
import { loadSettings } from './config/load-settings.ts';

const USAGE = `Usage: npm start -- [--config FILE]

Starts the server. Without a configuration it keeps everything in ./data and listens on
http://127.0.0.1:8080. Settings: config/example.toml, or DISTGIT_<SECTION>_<KEY>.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const file = values.config ?? process.env.DISTGIT_CONFIG ?? null;
  const server = await startServer(
    loadSettings(file, process.env),
    process.env.PATH ?? '/usr/bin:/bin',
  );
  const first =
    server.newAdminToken === null
      ? ''
      : `First start: the user "admin" has the token\n\n    ${server.newAdminToken}\n\n` +
        `It is shown only now, and kept in ${server.adminTokenFile} (mode 0600).\n` +
        `Next: centpkg login --url ${server.url} --token-file ${server.adminTokenFile}\n`;
  // Whoever stops reading (npm start | head -1) does not stop the server.
  process.stdout.on('error', () => {});
  process.stdout.write(`Listening on ${server.url}\n${first}`);
  const stop = (): void => {
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  if (!(error instanceof DistGitError)) throw error;
  const { problems = [], remedy } = error.detail;
  const lines = [
    `error: ${error.message}`,
    ...problems.map(({ path, message }) => `  ${path}: ${message}`),
    ...(remedy === undefined ? [] : [remedy]),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(error.kind.exit);
});
