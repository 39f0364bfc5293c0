/** One ref as git's first advertisement shows it. */
export interface AdvertisedRef {
  readonly name: string;
  readonly oid: string;
  /** What an annotated tag points at in the end. */
  readonly peeled: string | null;
}

export interface AdvertisedRefs {
  /** In git's order, HEAD first. */
  readonly refs: readonly AdvertisedRef[];
  /** The branch that HEAD stands for. */
  readonly head: string | null;
}

export interface LsRefsRequest {
  readonly peel: boolean;
  readonly symrefs: boolean;
  /** Only refs that begin with one of these; empty: all. */
  readonly prefixes: readonly string[];
}

/**
 * Reads what `git upload-pack --http-backend-info-refs` says in protocol version 0
 * (git's `gitprotocol-pack`, "Reference Discovery").
 * @returns null where there is no ref, or something else than expected
 */
export function parseAdvertisement(answer: Buffer): AdvertisedRefs | null {
  const lines = pktLines(answer);
  if (lines?.pop() !== FLUSH) return null;
  const refs: AdvertisedRef[] = [];
  let head: string | null = null;
  for (const [index, line] of lines.entries()) {
    if (typeof line !== 'string') return null;
    const [ref = '', capabilities] = line.split('\0');
    const match = /^([0-9a-f]{40}) (.+)$/.exec(ref);
    if (match === null || (index === 0) !== (capabilities !== undefined)) return null;
    const [, oid = '', name = ''] = match;
    if (capabilities !== undefined)
      head = /(?:^| )symref=HEAD:(\S+)/.exec(capabilities)?.[1] ?? null;
    const last = refs.at(-1);
    if (name === `${last?.name}^{}`)
      refs[refs.length - 1] = { ...(last as AdvertisedRef), peeled: oid };
    else refs.push({ name, oid, peeled: null });
  }
  // Without a HEAD git has more to say than stands here.
  return refs[0]?.name === 'HEAD' && head !== null ? { refs, head } : null;
}

/**
 * What `git receive-pack` advertises; @param capabilities as git lists them
 * @returns null where there is no ref: that is for git to say
 */
export function receivePackAdvertisement(
  { refs }: AdvertisedRefs,
  capabilities: string,
): Buffer | null {
  const [first, ...rest] = refs.filter(({ name }) => name !== 'HEAD');
  if (first === undefined) return null;
  const lines = [
    pktLine(`${first.oid} ${first.name}\0${capabilities}\n`),
    ...rest.map(({ oid, name }) => pktLine(`${oid} ${name}\n`)),
  ];
  return Buffer.from(`${lines.join('')}0000`, 'latin1');
}

/** The capabilities in an advertisement; null: none. */
export function advertisedCapabilities(answer: Buffer): string | null {
  return /\0([\x20-\x7e]*)\n/.exec(answer.toString('latin1', 0, 4096))?.[1] ?? null;
}

/** The command as a request begins with it. */
export const LS_REFS = /^00(14command=ls-refs\n|13command=ls-refs)/;

/**
 * Reads an `ls-refs` request (git's `gitprotocol-v2`).
 * @returns null for anything that is not understood in full: that is for git to answer
 */
export function parseLsRefs(body: Buffer): LsRefsRequest | null {
  const lines = pktLines(body);
  if (lines?.pop() !== FLUSH || lines.shift() !== 'command=ls-refs') return null;
  const delimiter = lines.indexOf(DELIMITER);
  for (const line of delimiter === -1 ? lines : lines.slice(0, delimiter))
    if (typeof line !== 'string' || !/^(agent=[\x20-\x7e]*|object-format=sha1)$/.test(line))
      return null;
  const prefixes: string[] = [];
  let peel = false;
  let symrefs = false;
  for (const line of delimiter === -1 ? [] : lines.slice(delimiter + 1)) {
    if (typeof line !== 'string') return null;
    if (line === 'peel') peel = true;
    else if (line === 'symrefs') symrefs = true;
    else if (line.startsWith('ref-prefix ')) prefixes.push(line.slice('ref-prefix '.length));
    // "unborn" asks about a HEAD that is not there; ours is.
    else if (line !== 'unborn') return null;
  }
  if (prefixes.length > MAX_PREFIXES) return null;
  return { peel, symrefs, prefixes };
}

/** The answer to an `ls-refs` request, as git gives it. */
export function lsRefsAnswer({ refs, head }: AdvertisedRefs, request: LsRefsRequest): Buffer {
  const { prefixes } = request;
  const lines: string[] = [];
  for (const { name, oid, peeled } of refs) {
    if (prefixes.length > 0 && !prefixes.some((prefix) => name.startsWith(prefix))) continue;
    const target = request.symrefs && name === 'HEAD' ? ` symref-target:${head}` : '';
    const tagged = request.peel && peeled !== null ? ` peeled:${peeled}` : '';
    lines.push(pktLine(`${oid} ${name}${target}${tagged}\n`));
  }
  return Buffer.from(`${lines.join('')}0000`, 'latin1');
}

const FLUSH = Symbol('0000');
const DELIMITER = Symbol('0001');
/** git's clients send fewer than ten. */
const MAX_PREFIXES = 100;

/** latin1 text: every byte of a name comes through as it is. */
function pktLine(text: string): string {
  return `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
}

/** The lines of a whole message, without their line ends; null: it is cut off or malformed. */
function pktLines(message: Buffer): (string | typeof FLUSH | typeof DELIMITER)[] | null {
  const lines: (string | typeof FLUSH | typeof DELIMITER)[] = [];
  for (let at = 0; at < message.length; ) {
    const digits = message.toString('latin1', at, at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) return null;
    const length = Number.parseInt(digits, 16);
    if (length === 0) lines.push(FLUSH);
    else if (length === 1) lines.push(DELIMITER);
    else if (length < 4 || at + length > message.length) return null;
    else lines.push(message.toString('latin1', at + 4, at + length).replace(/\n$/, ''));
    at += Math.max(length, 4);
  }
  return lines;
}
