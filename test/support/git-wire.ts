import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** git's pkt-lines (`gitprotocol-common`), for requests that no git would make. */
export function pktLine(content: string | Buffer): Buffer {
  const body = Buffer.from(content as string);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body]);
}

export const FLUSH = Buffer.from('0000');
export const NULL_OID = '0'.repeat(40);

/** A pack without objects, for refs that are put on commits the server has. */
export const EMPTY_PACK: Buffer = packOf([]);

/** A pack of finished entries, with its trailing checksum. */
export function packOf(entries: readonly Buffer[]): Buffer {
  const head = Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1');
  head.writeUInt32BE(entries.length, 8);
  const body = Buffer.concat([head, ...entries]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

export interface RefCommand {
  readonly oldOid: string;
  readonly newOid: string;
  readonly ref: string;
}

/** The body of a POST to git-receive-pack. */
export function receiveRequest(commands: readonly RefCommand[], pack: Buffer): Buffer {
  const lines = commands.map(({ oldOid, newOid, ref }, index) =>
    pktLine(
      `${oldOid} ${newOid} ${ref}${index === 0 ? '\0report-status side-band-64k agent=test' : ''}\n`,
    ),
  );
  return Buffer.concat([...lines, FLUSH, pack]);
}

/** What the side band 2 of an answer says: the text that git shows behind `remote:`. */
export function sideBandText(answer: Buffer): string {
  let text = '';
  for (let at = 0; at + 4 <= answer.length; ) {
    const length = Number.parseInt(answer.toString('latin1', at, at + 4), 16);
    if (length >= 5 && answer[at + 4] === 2) text += answer.toString('utf8', at + 5, at + length);
    at += Math.max(length, 4);
  }
  return text;
}

/** POSTs to a repository's service as git does; `token` null: anonymous. */
export async function postToService(
  repository: string,
  service: 'git-upload-pack' | 'git-receive-pack',
  body: Buffer,
  token: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; answer: Buffer; headers: Headers }> {
  const response = await fetch(`${repository}/${service}`, {
    method: 'POST',
    headers: {
      'Content-Type': `application/x-${service}-request`,
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: new Uint8Array(body),
  });
  const answer = Buffer.from(await response.arrayBuffer());
  return { status: response.status, answer, headers: response.headers };
}

const OBJECT_TYPES = { commit: 1, tree: 2, blob: 3, 'ofs-delta': 6, 'ref-delta': 7 } as const;

/** One object of a pack. `size`: what it claims to inflate to; `deflated`: what it inflates from. */
export function packEntry(
  type: keyof typeof OBJECT_TYPES,
  size: number,
  deflated: Buffer,
  base: Buffer = Buffer.alloc(0),
): Buffer {
  const head: number[] = [];
  let rest = Math.floor(size / 16);
  let byte = (OBJECT_TYPES[type] << 4) | (size % 16);
  while (rest > 0) {
    head.push(byte | 0x80);
    byte = rest % 128;
    rest = Math.floor(rest / 128);
  }
  head.push(byte);
  return Buffer.concat([Buffer.from(head), base, deflated]);
}

/** The name that git gives an object. */
export function objectId(type: 'commit' | 'tree' | 'blob', content: Buffer | string): string {
  const body = Buffer.from(content as string);
  return createHash('sha1').update(`${type} ${body.length}\0`).update(body).digest('hex');
}

/** A whole object as an entry of a pack, with its name. */
export function wholeObject(type: 'commit' | 'tree' | 'blob', content: Buffer | string) {
  const body = Buffer.from(content as string);
  return { oid: objectId(type, body), entry: packEntry(type, body.length, deflateSync(body)) };
}

/** A tree's content; git wants its entries in order. */
export function treeOf(
  entries: readonly { readonly mode: string; readonly name: string; readonly oid: string }[],
): Buffer {
  return Buffer.concat(
    entries.map(({ mode, name, oid }) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
    ),
  );
}

/** A commit's content. */
export function commitOf(tree: string, parents: readonly string[]): string {
  const who = 'T <t@example.org> 1400000000 +0000';
  const lines = parents.map((parent) => `parent ${parent}\n`).join('');
  return `tree ${tree}\n${lines}author ${who}\ncommitter ${who}\n\nx\n`;
}
