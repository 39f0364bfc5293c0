import type { Duplex } from 'node:stream';
import type { RefUpdate } from '../../core/pushes/push-facts.ts';

export interface HookCall {
  /** Where git keeps the pushed objects until they are accepted; empty: there are none. */
  readonly objectDirectory: string;
  readonly updates: readonly RefUpdate[];
}
export interface HookAnswer {
  readonly allow: boolean;
  /** Shown to the pusher behind `remote:`. */
  readonly lines: readonly string[];
}

/** Characters of one call: far more than the refs of any push that would be taken. */
const MAX_CALL = 64 * 1024 * 1024;

/**
 * The server's side of `server/hooks/git/pre-receive`: a call is a line `pre-receive <object
 * directory>`, git's own lines `<old> <new> <ref>`, and an empty line; the answer is lines to show, then `allow`
 * or `refuse`. Whatever is not understood closes the socket, which the hook reads as a refusal.
 */
export function readHookCalls(
  socket: Duplex,
  answer: (call: HookCall) => Promise<HookAnswer>,
): void {
  let pieces: string[] = [];
  let length = 0;
  socket.setEncoding('utf8');
  // The hook is gone, and git with it; the child's exit tells the rest.
  socket.on('error', () => {});
  socket.on('data', (piece: string) => {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_CALL) {
      socket.destroy();
      return;
    }
    // The hook waits for its answer, so that a call always ends the data.
    if (!piece.endsWith('\n')) return;
    const text = pieces.length === 1 ? piece : pieces.join('');
    pieces = [text];
    if (!text.endsWith('\n\n')) return;
    pieces = [];
    length = 0;
    const call = parseCall(text);
    if (call === null) {
      socket.destroy();
      return;
    }
    answer(call).then(
      ({ allow, lines }) =>
        socket.write([...lines, allow ? 'allow' : 'refuse'].map((line) => `${line}\n`).join('')),
      () => socket.destroy(),
    );
  });
}

function parseCall(text: string): HookCall | null {
  const [head = '', ...lines] = text.slice(0, -2).split('\n');
  const space = head.indexOf(' ');
  if (space === -1) return null;
  if (head.slice(0, space) !== 'pre-receive') return null;
  const updates: RefUpdate[] = [];
  for (const line of lines) {
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/[^ \n]+)$/.exec(line);
    if (match === null) return null;
    const [, oldOid = '', newOid = '', ref = ''] = match;
    updates.push({ oldOid, newOid, ref });
  }
  return { objectDirectory: head.slice(space + 1), updates };
}
