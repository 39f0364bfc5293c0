/** Requests to `git-upload-pack` in git's protocol version 2 (`gitprotocol-v2`). */

/** Lists all refs, as `git ls-remote` asks for them. */
export function listRequest(): string {
  return `${line('command=ls-refs')}0001${line('peel')}${line('symrefs')}0000`;
}

/** Asks for all that `wants` need, as a clone does. */
export function fetchRequest(wants: readonly string[]): string {
  const options = ['thin-pack', 'ofs-delta', 'no-progress', ...wants.map((oid) => `want ${oid}`)];
  return `${line('command=fetch')}0001${[...options, 'done'].map(line).join('')}0000`;
}

/** A line of the protocol: its length in front, in hexadecimal. */
function line(text: string): string {
  return `${(text.length + 5).toString(16).padStart(4, '0')}${text}\n`;
}
