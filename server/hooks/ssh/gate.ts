import { connect, type Socket } from 'node:net';
import {
  FrameReader,
  GIT_PROTOCOLS,
  SSH_CHANNEL,
  type SshAdmission,
  type SshQuestion,
} from '../../../core/api/ssh-session.ts';

/**
 * The program that sshd runs, see `deploy/sshd_config`. It decides nothing: it asks the server.
 *
 *     gate keys SOCKET TYPE KEY             AuthorizedKeysCommand       %t %k
 *     gate principals SOCKET CERTIFICATE    AuthorizedPrincipalsCommand %k
 *     gate session SOCKET key FINGERPRINT          the forced command of the lines
 *     gate session SOCKET certificate CERTIFICATE  that those two print
 *
 * Without the server's answer nothing is printed, and sshd lets nobody in.
 */
const [program = '', task, socketPath = '', ...words] = process.argv.slice(1);

/** How long sshd waits for a login. */
const LOGIN_MS = 10_000;

function failWith(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The line that lets a key or principal in, to run this program and nothing else. */
function admissionLine(kind: 'key' | 'certificate', value: string, who: string): string {
  const command = [process.execPath, program, 'session', socketPath, kind, value];
  // Nothing here needs quoting, in a file of sshd's or in a shell; whatever does is refused.
  if (!command.every((word) => /^[\w@%+=:,./-]+$/.test(word)))
    failWith('The paths of this program and of its socket must be free of blanks and signs.');
  return `restrict,command="${command.join(' ')}" ${who}\n`;
}

function ask(question: SshQuestion): Socket {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.on('error', () => failWith('The server is not there. Try again later.'));
  socket.write(`${JSON.stringify(question)}\n`);
  return socket;
}

async function admission(question: SshQuestion): Promise<string | null> {
  const timer = setTimeout(() => failWith('The server does not answer.'), LOGIN_MS);
  let text = '';
  for await (const piece of ask(question).setEncoding('utf8')) text += piece;
  clearTimeout(timer);
  return text === '' ? null : (JSON.parse(text) as SshAdmission).admit;
}

function runSession(identity: { key: string } | { certificate: string }): void {
  const { SSH_ORIGINAL_COMMAND: command, SSH_CONNECTION, GIT_PROTOCOL } = process.env;
  const socket = ask({
    ask: 'session',
    ...identity,
    command: command ?? null,
    protocol: GIT_PROTOCOLS.find((one) => one === GIT_PROTOCOL) ?? null,
    address: SSH_CONNECTION?.split(' ', 1)[0] ?? '',
  });
  // A client that is gone takes the session with it; the server sees the socket close.
  for (const stream of [process.stdin, process.stdout, process.stderr])
    stream.on('error', () => process.exit(1));
  process.stdin.pipe(socket);
  let waiting = 0;
  const write = (stream: NodeJS.WriteStream, piece: Buffer): void => {
    if (stream.write(piece)) return;
    waiting++;
    socket.pause();
    stream.once('drain', () => {
      waiting--;
      if (waiting === 0) socket.resume();
    });
  };
  let status = 1;
  let told = false;
  const frames = new FrameReader((channel, piece) => {
    if (channel === SSH_CHANNEL.stdout) write(process.stdout, piece);
    else if (channel === SSH_CHANNEL.stderr) write(process.stderr, piece);
    else {
      status = piece[0] ?? 1;
      told = true;
    }
  });
  socket.on('data', (chunk) => frames.read(chunk));
  socket.on('close', () => {
    if (!told) process.stderr.write('The server broke off.\n');
    process.stdout.end(() => process.exit(status));
  });
  socket.on('end', () => socket.destroy());
}

const [first = '', second = ''] = words;
if (task === 'keys' && words.length === 2) {
  const fingerprint = await admission({ ask: 'key', type: first, key: second });
  if (fingerprint !== null)
    process.stdout.write(admissionLine('key', fingerprint, `${first} ${second}`));
} else if (task === 'principals' && words.length === 1) {
  const principal = await admission({ ask: 'certificate', certificate: first });
  if (principal !== null) process.stdout.write(admissionLine('certificate', first, principal));
} else if (task === 'session' && words.length === 2 && first === 'key') runSession({ key: second });
else if (task === 'session' && words.length === 2 && first === 'certificate')
  runSession({ certificate: second });
else failWith('This program is for sshd; see deploy/sshd_config.');
